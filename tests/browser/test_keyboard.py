"""The main tasks of each role with only a keyboard."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener
from tests.browser.grid import OPEN, cell, editor, row, saved
from tests.browser.keyboard import Keyboard
from tests.browser.users_list import until


@pytest.fixture
def seated(open_as: Opener, live_server):
    """Give a function that signs a role in by keyboard and returns the page and the keys."""

    def sat(role: str, lands: str) -> tuple[Page, Keyboard]:
        page = open_as(None, "/login")
        keys = Keyboard(page)
        keys.sign_in(live_server.email(role), live_server.password, lands)
        return page, keys

    return sat


def test_a_customer_asks_answers_and_solves(seated):
    page, keys = seated("customer", "/help/")
    keys.follow("link", "New ticket")
    keys.fill("What is it about?", "The mouse is broken")
    keys.fill("Topic", "Hardware")
    keys.fill("What happened?", "Only keys are left.")
    keys.follow("button", "Send")
    page.wait_for_url("**/help/tickets/*")
    expect(page.get_by_role("heading", level=1)).to_have_text("The mouse is broken")
    keys.fill("Your reply", "It squeaked before.")
    keys.follow("button", "Send reply")
    expect(page.get_by_role("list", name="Messages").get_by_role("listitem")).to_have_count(2)
    keys.follow("button", "Mark as solved")
    expect(page.get_by_role("button", name="Mark as solved")).to_have_count(0)
    expect(page.locator(".props .st")).to_have_text("Solved")


def test_an_agent_filters_edits_cells_and_answers(seated, people):
    number = people["customer"].new_ticket("Only with keys")
    people["agent"].update(number, priority="high", seen_priority="normal")
    page, keys = seated("agent", "/desk/tickets/")
    keys.follow("link", re.compile("^All unsolved"))
    expect(page.get_by_role("heading", level=1)).to_have_text("All unsolved")
    keys.enter("button", "Filter")
    keys.enter("button", "Priority")
    keys.to("checkbox", "High")
    keys.press("Space")
    keys.follow("button", "Apply")
    page.wait_for_url("**priority=high*")
    # The list is selected from data that is a few seconds old.
    until(lambda: row(page, number).count() == 1 or page.reload() is None)

    keys.reach(cell(page, number, "status"), 150)
    keys.press("Enter")
    for label, words in (("Status", "on h"), ("Priority", "urg"), ("Team", "bill"), ("Assignee", "grace d")):
        expect(editor(page, label, number)).to_be_focused()
        keys.type(words)
        keys.press("Enter" if label == "Assignee" else "Tab")
    expect(cell(page, number, "assignee")).to_be_focused()
    keys.look()
    saved(page, number, status="On hold", priority="Urgent", assignee="Grace Demo")

    keys.reach(row(page, number).get_by_role("link"), key="Shift+Tab")
    keys.press("Enter")
    page.wait_for_url(f"**/desk/tickets/{number}*")
    keys.fill("Message", "Take the other one.")
    opener = keys.to("button", "Send and change the status")
    keys.press("Enter")
    menu = page.get_by_role("group", name="Send and change the status")
    expect(menu).to_be_visible()
    keys.press("Escape")
    expect(opener).to_be_focused()
    keys.look()
    keys.press("Enter")
    keys.follow("button", "Solved")
    expect(page.locator("#toasts")).to_contain_text("solved. Reply sent.")


def test_an_agent_changes_two_rows_at_once(seated, people):
    numbers = [people["customer"].new_ticket(f"One of two, {place}") for place in range(2)]
    for number in numbers:
        people["agent"].update(number, priority="urgent", seen_priority="normal")
    page, keys = seated("agent", "/desk/tickets/")
    boxes = [page.get_by_label(f"Select #{number}", exact=True) for number in reversed(numbers)]
    # The list is selected from data that is a few seconds old.
    until(lambda: page.goto(f"{OPEN}&priority=urgent&status=new").ok and all(box.count() for box in boxes))
    for box in boxes:
        keys.reach(box, 90)
        keys.press("Space")
    bar = page.get_by_role("region", name="Selected tickets")
    expect(bar).to_contain_text("2selected")
    opener = keys.to("button", "Assign", 150)
    keys.press("Enter")
    expect(page.get_by_role("combobox")).to_be_focused()
    keys.look()
    keys.press("Escape")
    expect(opener).to_be_focused()
    keys.press("Enter")
    keys.type("grace d")
    keys.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("2 tickets ")
    for number in numbers:
        saved(page, number, assignee="Grace Demo")


def test_a_manager_narrows_the_overview_and_follows_a_figure(seated):
    page, keys = seated("manager", "/reports/")
    value = page.locator("[data-tile=created] .tile-value")
    expect(value).to_have_text(re.compile(r"\d"))
    keys.enter("link", "90 d")
    page.wait_for_url("**period=90d*")
    expect(page.get_by_role("link", name="90 d")).to_be_focused()
    chip = keys.reach(page.locator(".report-chip", has_text="Team"))
    keys.press("Enter")
    keys.to("checkbox", "Billing")
    keys.press("Space")
    page.wait_for_url("**team=billing*")
    expect(page.get_by_role("checkbox", name="Billing", checked=True)).to_be_focused()
    expect(page.locator("#team-said")).to_have_text("Billing")
    keys.press("Escape")
    expect(chip).to_be_focused()

    opener = keys.to("button", re.compile("Explain created$"))
    keys.press("Enter")
    panel = page.get_by_role("dialog", name="Created, explained")
    expect(panel).to_be_visible()
    keys.press("Escape")
    expect(panel).to_be_hidden()
    expect(opener).to_be_focused()
    keys.look()
    keys.press("Enter")
    keys.follow("link", re.compile("^Open the"))
    expect(page.locator("table.grid td.t").first).to_have_text("Billing")


def test_an_administrator_adds_a_person_and_grants_a_permission(seated):
    page, keys = seated("administrator", "/desk/tickets/")
    keys.follow("link", "Administration")
    keys.follow("link", "New user")
    keys.fill("Name", "Abel Keys")
    keys.fill("Email", "abel@new.example")
    keys.fill("Role", "Agent")
    keys.follow("button", "Create")
    expect(page.locator("tr", has_text="Abel Keys")).to_contain_text("Agent")

    keys.follow("link", "Roles and access")
    keys.follow("link", "New role")
    keys.fill("See tickets", "Team")
    keys.fill("Name", "Reader by keys")
    keys.follow("button", "Save role")
    expect(page.locator("#toasts")).to_contain_text("Saved Reader by keys.")
    keys.follow("link", "Reader by keys")
    keys.fill("See tickets", "All")
    keys.follow("button", "Save role")
    expect(page.locator("#toasts")).to_contain_text("Saved Reader by keys.")
    heads = page.locator("thead th").all_inner_texts()
    place = next(at for at, head in enumerate(heads) if head.startswith("Reader by keys"))
    row = page.locator("tbody tr", has_text="See tickets").locator("th, td")
    expect(row.nth(place)).to_have_text("All")


def test_an_administrator_switches_a_category_off(seated, people):
    people["administrator"].post("/admin/categories/new/", name="Shut by keys", active="y")
    page, keys = seated("administrator", "/desk/tickets/")
    keys.follow("link", "Administration")
    keys.follow("link", "Categories")
    keys.follow("link", "Edit Shut by keys", 150)
    box = keys.reach(page.get_by_role("main").get_by_role("checkbox", name="Offered", exact=True))
    expect(box).to_be_checked()
    keys.press("Space")
    keys.follow("button", "Save")
    expect(page.locator("tr", has_text="Shut by keys")).to_be_visible()
