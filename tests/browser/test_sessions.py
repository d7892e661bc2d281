"""Sessions in real browsers: one ended by an administrator, and viewing the product as another user."""

from playwright.sync_api import expect

from tests.browser.test_account import sign_in
from tests.patience import PATIENCE_MS


def test_a_session_an_administrator_ends_is_ended_in_the_other_browser(open_as, join, live_server):
    email = "ida@ended.example"
    join("Ida Ended", email, "agent")
    theirs = open_as(None, "/login")
    sign_in(theirs, email, live_server.password)
    expect(theirs.get_by_role("heading", level=1)).to_have_text("My work")
    page = open_as("administrator", f"/admin/sessions/?q={email}")
    page.get_by_role("button", name="End all sessions").click()
    page.get_by_role("button", name="End all", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("All sessions of this user have ended.")
    theirs.set_default_timeout(PATIENCE_MS)
    theirs.reload()
    theirs.wait_for_url("**/login**", timeout=PATIENCE_MS)


def test_an_administrator_views_as_an_agent_and_stops(open_as, watch, live_server):
    page = open_as(None)  # a separate session: other tests share the administrator's
    sign_in(page, live_server.email("administrator"), live_server.password)
    page.goto("/admin/sessions/?q=agent@demo.example")
    page.get_by_role("link", name="View as Ben Demo").click()
    page.get_by_role("button", name="Start viewing").click()
    bar = page.get_by_role("region", name="Viewing as another user")
    expect(page.get_by_role("heading", level=1)).to_have_text("My work")
    expect(bar).to_contain_text("Viewing as Ben Demo")
    expect(page.locator("button.ed").first).to_be_disabled()
    page.goto("/desk/new")
    page.get_by_role("combobox", name="Requester").fill("marta@demo.example")
    page.get_by_label("Subject").fill("Not by Ben")
    page.get_by_label("Description").fill("Nobody writes this.")
    watch.expected.add(403)
    page.get_by_role("button", name="Create ticket").click()
    expect(page.locator("main")).to_contain_text("You are viewing as Ben Demo and cannot change anything.")
    expect(bar).to_be_visible()
    page.goto("/desk/tickets/")
    bar.get_by_role("button", name="Stop viewing").click()
    expect(bar).to_have_count(0)
    page.goto("/admin/users/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Users")
