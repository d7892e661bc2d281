"""Jump, the keys and the navigation, by keyboard."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.checks import PHONE, in_all_variants
from tests.browser.conftest import Opener
from tests.browser.grid import OPEN


def box(page: Page) -> Locator:
    """Find the input of Jump, which exists only while it is open."""
    return page.locator("dialog[open]").get_by_role("combobox", name="Ticket number")


def jump(page: Page, text: str = "") -> None:
    """Open Jump and type."""
    page.keyboard.press("Control+k")
    expect(box(page)).to_be_focused()
    page.keyboard.type(text)


def test_a_number_and_enter_open_the_ticket_however_fast_one_types(open_as: Opener, people):
    number = people["customer"].new_ticket("Jumped to")
    page = open_as("agent", OPEN)
    jump(page, f"#{number}")
    page.keyboard.press("Enter")  # before any response can arrive
    page.wait_for_url(f"**/desk/tickets/{number}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Jumped to")


def test_results_are_walked_by_arrows_and_named_to_screen_readers(open_as: Opener):
    page = open_as("administrator", OPEN)
    jump(page, "un")
    combo, chosen = box(page), page.get_by_role("option", selected=True)
    expect(chosen).to_have_text("Unassigned")
    expect(page.get_by_role("group", name="Views").get_by_role("option")).to_have_count(3)
    expect(page.locator("dialog [role=status]")).to_have_text(re.compile(r"\d+ places"))
    page.keyboard.press("ArrowDown")
    expect(chosen).to_have_text("All unsolved")
    expect(combo).to_have_attribute("aria-activedescendant", chosen.get_attribute("id"))
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(chosen).to_contain_text("Accounts")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/teams/accounts")
    expect(page.get_by_role("heading", level=1)).to_have_text("Accounts")


@pytest.mark.parametrize(
    ("role", "text", "leads"),
    [
        ("agent", "new tick", r"/desk/new$"),
        ("manager", "dashb", r"/reports/"),
        ("administrator", "categ", r"/admin/categories/$"),
        ("administrator", "grace d", r"/admin/users/edit/\?id="),
        ("agent", "grace d", r"/desk/tickets/\?assignee="),
    ],
)
def test_pages_and_people_are_reached(role, text, leads, open_as: Opener):
    page = open_as(role, OPEN)
    jump(page, text)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(leads))


def test_it_opens_while_typing_and_gives_the_focus_back(open_as: Opener, people):
    number = people["customer"].new_ticket("Typed in")
    page = open_as("agent", f"/desk/tickets/{number}")
    message = page.get_by_label("Message", exact=True)
    message.fill("Half a sen")
    jump(page, "unass")
    expect(page.get_by_role("dialog").get_by_role("option", selected=True)).to_have_text("Unassigned")
    page.keyboard.press("Escape")
    expect(message).to_be_focused()
    page.keyboard.type("tence")
    expect(message).to_have_value("Half a sentence")
    button = page.get_by_role("link", name="Jump to…")
    button.focus()
    page.keyboard.press("Enter")
    expect(box(page)).to_have_value("")
    expect(page.get_by_role("dialog").get_by_role("option", name="Unassigned")).to_be_visible()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()


def test_nothing_found_says_so_and_enter_stays(open_as: Opener):
    page = open_as("agent", OPEN)
    jump(page, "zzz")
    expect(page.get_by_text("No results for “zzz”.")).to_be_visible()
    page.keyboard.press("Enter")
    expect(box(page)).to_be_focused()
    assert page.url.endswith(OPEN)


def test_a_server_that_does_not_answer_is_asked_again(open_as: Opener, watch):
    watch.expected.add(503)
    page = open_as("agent", OPEN)
    page.route("**/jump?*", lambda route: route.fulfill(status=503))
    jump(page, "my w")
    expect(page.get_by_text("Search is not available right now.")).to_be_visible()
    page.unroute("**/jump?*")
    page.keyboard.press("Enter")
    page.wait_for_url("**assignee=*")


def test_a_theme_is_chosen_by_jumping(open_as: Opener):
    page = open_as("agent", OPEN, color_scheme="light")
    for name in ("dark", "system"):
        jump(page, f"{name} th")
        with page.expect_response(re.compile("/preferences/theme")):
            page.keyboard.press("Enter")
        expect(page.locator("html")).to_have_attribute("data-theme", name)
        expect(page.locator("dialog[open]")).to_have_count(0)


def test_on_phones_it_is_in_the_drawer(open_as: Opener):
    page = open_as("agent", OPEN, viewport=PHONE)
    menu = page.get_by_role("button", name="Open navigation")
    menu.click()
    page.get_by_role("link", name="Jump to…").click()
    expect(page.get_by_role("option", name="My work")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(menu).to_be_focused()


def test_customers_have_no_jump(open_as: Opener):
    page = open_as("customer", "/help/")
    page.keyboard.press("Control+k")
    expect(box(page)).to_have_count(0)


def test_without_a_script_it_is_a_page(open_as: Opener):
    page = open_as("agent", OPEN, java_script_enabled=False)
    page.get_by_role("link", name="Jump to…").click()
    page.get_by_role("textbox", name="Ticket number").fill("all uns")
    page.get_by_role("button", name="Jump", exact=True).click()
    page.get_by_role("main").get_by_role("link", name="All unsolved").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("All unsolved")


def listed(page: Page) -> dict[str, str]:
    """Open the list of shortcuts and read it, as keys by what they do."""
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(keys).to_be_visible()
    does, names = keys.locator("dt").all_inner_texts(), keys.locator("dd").all()
    shortcuts = {
        one: " ".join(key.locator("kbd").all_inner_texts()) for one, key in zip(does, names, strict=True)
    }
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    return shortcuts


ROWS = {"Next row": "J ↓", "Previous row": "K ↑", "Open the row": "Enter"}
SELECT = {"Select the row": "X", "Clear the selection": "Esc"}
EDIT = {
    "Edit or save a cell": "Enter",
    "Save and edit the next cell": "Tab",
    "Cancel editing": "Esc",
}
EVERYWHERE = {
    "Jump to a ticket, view, user or page": "Ctrl K",
    "New ticket for a caller": "C",
    "Show these shortcuts": "?",
}
TICKET = {
    "Send the message": "Ctrl Enter",
    "Assign the ticket to me": "I",
    "Next ticket in the list": "J",
    "Previous ticket in the list": "K",
}
SEARCH = {"Search this list": "/"}


@pytest.mark.parametrize(
    ("role", "path", "keys"),
    [
        ("agent", OPEN, ROWS | SELECT | EDIT),
        ("agent", "/desk/tickets/1", TICKET),
        ("agent", "/desk/new", {}),
        ("manager", "/reports/", {}),
        ("manager", "/admin/users/", SEARCH),
        ("administrator", "/admin/users/", SEARCH | ROWS | SELECT | EDIT),
        ("administrator", "/admin/users/?search=zzz", SEARCH),
        ("administrator", "/admin/teams/", SEARCH | ROWS | EDIT),
        ("administrator", "/admin/roles/", {}),
    ],
)
def test_the_keys_of_a_page_are_listed_and_work(role, path, keys, open_as: Opener):
    page = open_as(role, path)
    page.locator("h1").click()  # out of a field, where keys are letters
    shortcuts = listed(page)
    assert shortcuts == EVERYWHERE | keys
    rows = page.locator("table.grid tbody tr")
    if "Search this list" in shortcuts:
        page.keyboard.press("/")
        expect(page.locator("[data-search]")).to_be_focused()
        page.locator("h1").click()
    if "Next row" in shortcuts:
        links = [rows.nth(at).locator("a[href]").first for at in range(2)]
        for key, at in (("j", 0), ("j", 1), ("k", 0), ("ArrowDown", 1), ("ArrowUp", 0)):
            page.keyboard.press(key)
            expect(links[at]).to_be_focused()
    if "Select the row" in shortcuts:
        page.keyboard.press("x")
        expect(page.locator("[name=rowid]").first).to_be_checked()
        page.keyboard.press("Escape")
        expect(page.locator("[name=rowid]").first).not_to_be_checked()
    if "Save and edit the next cell" in shortcuts:
        cells = rows.first.locator("button.ed")
        cells.first.focus()
        page.keyboard.press("Enter")
        first = page.locator(".editor-input").get_attribute("aria-label")
        page.keyboard.press("Tab")
        expect(page.locator(".editor-input")).not_to_have_attribute("aria-label", first)
        page.keyboard.press("Escape")
        expect(page.locator(".editor-input")).to_have_count(0)
    if "Open the row" in shortcuts:
        rows.first.locator("a[href]").first.focus()
        page.keyboard.press("Enter")
        expect(page).not_to_have_url(re.compile(re.escape(path) + "$"))


def test_ctrl_enter_sends_the_message(open_as: Opener, people):
    number = people["customer"].new_ticket("Answered by keys")
    page = open_as("agent", f"/desk/tickets/{number}")
    page.get_by_label("Message", exact=True).fill("Sent without a mouse")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("Reply sent")


def test_single_keys_are_switched_off_and_on_again_where_they_are_listed(open_as: Opener):
    page = open_as("agent", OPEN)
    opener = page.get_by_role("button", name="Keyboard shortcuts").last
    opener.click()
    switch = page.get_by_label("Single-key shortcuts")
    switch.uncheck()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    page.reload()
    for key in ("j", "?", "x"):
        page.keyboard.press(key)
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("body")).to_be_focused()
    jump(page)
    page.keyboard.press("Escape")
    page.locator("[popovertarget=me-menu]").click()
    page.locator("#me-menu").get_by_role("button", name="Keyboard shortcuts").click()
    expect(switch).not_to_be_checked()
    switch.check()
    page.keyboard.press("Escape")
    expect(page.locator("[popovertarget=me-menu]")).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("table.grid td.two a").first).to_be_focused()


def test_the_age_of_the_numbers_grows_while_the_page_is_open(open_as: Opener):
    page = open_as("agent", OPEN)
    age = page.locator(".nav-label [data-age]")
    first = int(age.get_attribute("data-age"))
    expect(age).to_have_text(f"{first + 3} s")
    expect(page.locator(".bar-title .count")).to_have_text(re.compile(r"^\d+"))


@pytest.mark.parametrize("part", ["jump", "keys"])
def test_what_the_keys_open_is_sound_in_every_variant(part, open_as: Opener):
    page = open_as("administrator")

    def opened() -> None:
        page.goto(OPEN)
        if part == "jump":
            jump(page, "an")
            page.get_by_role("option").first.wait_for()
        else:
            page.keyboard.press("?")
        page.locator("dialog[open]").wait_for()

    complaints = in_all_variants(page, opened, "dialog[open]")
    assert not complaints, "\n".join(complaints)
