"""The forms work without JavaScript."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener


def signed_in(open_as: Opener, email: str, password: str) -> Page:
    """Sign in through the form, without scripts."""
    page = open_as(None, "/login", java_script_enabled=False)
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Continue").click()
    return page


def test_a_customer_opens_a_ticket_and_replies(open_as: Opener, live_server):
    page = signed_in(open_as, live_server.email("customer"), live_server.password)
    page.wait_for_url("**/help/")
    page.get_by_role("link", name="New ticket").first.click()
    page.get_by_label("What is it about?").fill("Written without a script")
    page.get_by_label("What happened?").fill("Nothing moves.")
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/help/tickets/*")
    page.get_by_label("Your reply").fill("Still nothing.")
    page.get_by_role("button", name="Send reply").click()
    expect(page.get_by_role("list", name="Messages").get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name="Mark as solved").click()
    expect(page.locator(".props .st")).to_have_text("Solved")


def test_an_agent_replies_and_changes_a_property(open_as: Opener, people, live_server):
    number = people["customer"].new_ticket("Answered without a script")
    page = signed_in(open_as, live_server.email("agent"), live_server.password)
    page.get_by_role("link", name="All unsolved").click()
    page.get_by_role("link", name="Answered without a script").first.click()
    page.wait_for_url(f"**/desk/tickets/{number}")
    page.get_by_label("Message", exact=True).fill("Here is the answer.")
    page.get_by_role("button", name="Send, set to Open").click()
    expect(page.locator(".event.reply")).to_contain_text("Here is the answer.")
    page.get_by_text("Internal note", exact=True).first.click()
    page.get_by_label("Message", exact=True).fill("And a note.")
    page.locator(".split .btn").first.click()
    expect(page.locator(".event.note")).to_contain_text("And a note.")
    page.get_by_label("Priority").select_option(label="High")
    page.get_by_role("button", name="Save changes").click()
    expect(page.locator("#toasts")).to_contain_text("Saved as version")
    expect(page.get_by_label("Priority")).to_have_value("high")


def test_the_grid_is_filtered_by_its_form(open_as: Opener):
    page = open_as("agent", "/desk/tickets/?state=open", java_script_enabled=False)
    page.get_by_role("button", name="Filter", exact=True).click()
    page.locator("#pop-add").get_by_role("button", name="Priority").click()
    chooser = page.get_by_role("group", name="Filter by priority")
    chooser.get_by_label("Urgent").check()
    chooser.get_by_role("button", name="Apply").click()
    page.wait_for_url("**priority=urgent*")
    expect(page).to_have_url(re.compile("state=open"))
    assert set(page.locator("table.grid td.p").all_inner_texts()) == {"Urgent"}


def test_the_theme_is_kept_and_signing_out_works(open_as: Opener, live_server):
    page = signed_in(open_as, live_server.email("customer"), live_server.password)
    page.wait_for_url("**/help/")
    for name, theme in (("Dark", "dark"), ("System", "system")):
        page.locator("[popovertarget=me-menu]").click()
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
    page.locator("[popovertarget=me-menu]").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login")
