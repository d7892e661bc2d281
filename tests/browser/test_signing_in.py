"""Signing in and out by keyboard, for each role."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Opener

LANDS = {
    "customer": ("/help/", "How can we help, Marta?"),
    "agent": ("/desk/tickets/", "My work"),
    "manager": ("/reports/", "Service overview"),
    "administrator": ("/desk/tickets/", "All unsolved"),
}
MANY_STOPS = 60


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until something has the focus."""
    for _ in range(MANY_STOPS):
        page.keyboard.press("Tab")
        if target.evaluate("node => node === document.activeElement"):
            return
    pytest.fail(f"{target} was not reached with {MANY_STOPS} times Tab")


def type_credentials(page: Page, email: str, password: str) -> None:
    """Fill the sign-in form without a mouse; the first field has the focus already."""
    expect(page.get_by_label("Email")).to_be_focused()
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("role", LANDS)
def test_each_role_signs_in_and_out_by_keyboard(role, open_as: Opener, live_server):
    path, heading = LANDS[role]
    page = open_as(None, "/")
    expect(page).to_have_url(re.compile(r"/login$"))
    type_credentials(page, live_server.email(role), live_server.password)
    page.wait_for_url(lambda url: urlsplit(url).path == path)
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)

    tab_to(page, page.locator("[popovertarget=me-menu]"))
    page.keyboard.press("Enter")
    expect(page.locator("#me-menu")).to_be_visible()
    leave = page.get_by_role("button", name="Sign out")
    tab_to(page, leave)
    page.keyboard.press("Enter")
    page.wait_for_url("**/login")
    page.goto(path)
    expect(page).to_have_url(re.compile(r"/login\?next="))


def test_a_wrong_password_is_told_and_the_address_kept(open_as: Opener, watch, live_server):
    watch.expected.add(400)
    page = open_as(None, "/login")
    type_credentials(page, live_server.email("agent"), "not the password")
    expect(page.get_by_role("alert")).to_contain_text("do not match")
    expect(page.get_by_label("Email")).to_have_value(live_server.email("agent"))
    password = page.get_by_label("Password", exact=True)
    expect(password).to_be_focused()
    expect(password).to_have_value("")
    page.keyboard.type(live_server.password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: urlsplit(url).path == "/desk/tickets/")


def test_a_password_can_be_shown(open_as: Opener):
    page = open_as(None, "/login")
    field = page.get_by_label("Password", exact=True)
    field.fill("something long")
    page.get_by_role("button", name="Show password").click()
    expect(field).to_have_attribute("type", "text")
    expect(field).to_be_focused()


def test_signing_in_leads_on_to_the_page_that_was_asked_for(open_as: Opener, live_server):
    page = open_as(None, "/desk/new")
    type_credentials(page, live_server.email("agent"), live_server.password)
    page.wait_for_url("**/desk/new")
    expect(page.get_by_role("heading", level=1)).to_have_text("New ticket")
