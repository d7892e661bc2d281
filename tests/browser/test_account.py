"""Accounts in a real browser: a forgotten password, a second factor, another device signed out."""

import time

import pyotp
from playwright.sync_api import Page, expect

from tests.browser.users_list import listed, until
from tests.patience import PATIENCE

ANOTHER = "violet tractor under snowfall"


def sign_in(page: Page, email: str, password: str) -> None:
    page.goto("/login")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Continue").click()


def open_email(page: Page, email: str, subject: str) -> None:
    """Wait for an email in the mailbox, open it, and follow its link."""
    page.goto("/mailbox/")
    mail_message = (
        page.get_by_role("listitem").filter(has_text=f"to {email}").get_by_role("link", name=subject)
    )
    deadline = time.monotonic() + PATIENCE
    while not mail_message.count() and time.monotonic() < deadline:
        page.reload()
    mail_message.first.click()
    page.locator(".message a").click()


def choose(page: Page, password: str) -> None:
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Set password").click()
    page.wait_for_url("**/login**")
    expect(page.get_by_role("status")).to_have_text("Your new password has been set. Sign in with it.")


def test_who_is_invited_chooses_a_password_and_later_another_one(open_as, live_server):
    email = "robin@relay.example"
    grid = open_as("administrator", "/admin/users/")
    grid.get_by_role("link", name="New user").click()
    grid.get_by_label("Name", exact=True).fill("Robin Relay")
    grid.get_by_label("Email").fill(email)
    grid.get_by_label("Role").select_option(label="Agent")
    grid.get_by_role("button", name="Create").click()
    expect(grid.locator("tr", has_text=email)).to_contain_text("Invited")

    page = open_as(None)
    open_email(page, email, "Your Ledgerdesk account")
    choose(page, live_server.password)
    page.get_by_label("Password", exact=True).fill(live_server.password)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My work")
    expect(page.locator(".me-name")).to_have_text("Robin Relay")
    until(lambda: "Active" in listed(grid, "Robin Relay").inner_text())

    page = open_as(None, "/login")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("Email").fill(email)
    page.get_by_role("button", name="Send a link").click()
    expect(page.get_by_role("status")).to_contain_text("we have sent it an email")
    open_email(page, email, "Reset your Ledgerdesk password")
    choose(page, ANOTHER)
    sign_in(page, email, ANOTHER)
    expect(page.get_by_role("heading", level=1)).to_have_text("My work")


def test_a_second_factor_and_a_device_signed_out(open_as, join, live_server):
    email = "sam@relay.example"
    join("Sam Relay", email, "agent")
    here, there = open_as(None, "/login"), open_as(None, "/login")
    for page in (here, there):
        sign_in(page, email, live_server.password)
        expect(page.get_by_role("heading", level=1)).to_have_text("My work")
    here.goto("/account/second-factor")
    totp = pyotp.TOTP(here.locator(".key-text").inner_text().replace(" ", ""))
    here.get_by_label("Code from the app").fill(totp.now())
    here.get_by_role("button", name="Turn on").click()
    recovery = here.locator(".codes code").first.inner_text()
    here.get_by_role("link", name="I have saved them").click()
    here.get_by_role("button", name="Sign out all other devices").click()
    expect(here.locator("#toasts")).to_contain_text("All other devices have been signed out.")
    there.reload()
    there.wait_for_url("**/login**")
    sign_in(there, email, live_server.password)
    there.get_by_label("Code from your app").fill(recovery)
    there.get_by_role("button", name="Sign in").click()
    expect(there.get_by_role("heading", level=1)).to_have_text("My work")


def test_a_wrong_password_is_told_where_one_looks_on_a_phone(open_as, watch):
    watch.expected.add(400)
    page = open_as("customer", "/account/", viewport={"width": 390, "height": 844})
    present = page.get_by_label("Current password")
    present.fill("not the one")
    page.get_by_label("New password").fill("something long enough")
    page.get_by_role("button", name="Change password").click()
    expect(present).to_be_focused()
    expect(page.get_by_text("This is not your password.")).to_be_in_viewport()
