"""The data export of a user, then their erasure on the page that explains it."""

import json
import time
import zipfile

from playwright.sync_api import Page, expect

from tests.browser.users_list import edit
from tests.patience import PATIENCE


def downloaded(page: Page, button: str) -> dict:
    """Press a button that downloads a file, and read its machine-readable part."""
    with page.expect_download() as waited:
        page.get_by_role("button", name=button).click()
    with zipfile.ZipFile(waited.value.path()) as packed:
        assert "Your data in Ledgerdesk" in packed.read("read-me.html").decode()
        return json.loads(packed.read("data.json"))


def test_a_person_is_exported_and_erased(open_as, people, watch):
    watch.expected.add(400)
    email = "wilhelmina@relay.example"
    form = {"name": "Wilhelmina Relay", "email": email, "role_id": "customer"}
    invited = people["administrator"].post("/admin/users/new/", **form)
    assert invited.ok
    page = open_as("administrator")
    edit(page, "Wilhelmina Relay")
    page.get_by_role("link", name="Privacy").click()
    assert downloaded(page, "Download")["account"][0]["email"] == email
    expect(page.get_by_role("heading", name="Erase this person?")).to_be_visible()
    name = page.get_by_label("Type their full name to confirm")
    name.fill("Somebody Else")
    page.get_by_role("button", name="Erase this person").click()
    refused = "This cannot be undone. This does not match the person's name. Nothing was changed."
    expect(name).to_have_accessible_description(refused)
    name.fill("wilhelmina relay")
    page.get_by_role("button", name="Erase this person").click()
    expect(page.get_by_role("heading", name="This person is being erased")).to_be_visible()
    # The first run takes a moment; its first step clears the account.
    heading = page.get_by_role("heading", name="Privacy of Erased person")
    deadline = time.monotonic() + PATIENCE
    while not heading.is_visible() and time.monotonic() < deadline:
        page.wait_for_timeout(200)
        page.get_by_role("link", name="Refresh").click()
    expect(heading).to_be_visible()
    page.goto("/admin/users/?search=Wilhelmina")
    expect(page.locator("main")).not_to_contain_text("Relay")


def test_everybody_has_their_own(open_as, live_server):
    page = open_as("customer", "/account/")
    held = downloaded(page, "Download my data")
    assert held["account"][0]["email"] == live_server.email("customer")
    assert held["tickets"], "the demo's customer has tickets"
