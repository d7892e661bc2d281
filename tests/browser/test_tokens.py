"""An API token from creation to revocation, in a browser."""

from playwright.sync_api import expect

from tests.browser.conftest import Opener
from tests.browser.test_every_page import everything


def test_a_token_is_made_and_an_administrator_revokes_it(open_as: Opener):
    page = open_as("agent", "/account/tokens/")
    page.get_by_label("Name").fill("Night watch")
    page.get_by_label("See tickets").check()
    page.get_by_role("button", name="Create token").click()
    expect(page.locator("code#secret")).to_contain_text("ld_")

    grid = open_as("administrator")
    assert not everything(grid, "/admin/tokens/")
    grid.set_viewport_size({"width": 1440, "height": 900})
    grid.get_by_role("button", name="Revoke Night watch of Ben Demo").click()
    grid.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(grid.get_by_text("The token has been revoked.")).to_be_visible()
    page.goto("/account/tokens/")
    expect(page.get_by_text("Night watch")).to_have_count(0)
