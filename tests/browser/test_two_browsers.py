"""Two people change one ticket: different fields are merged, the same field is a conflict for the second."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener
from tests.browser.grid import OPEN, cell, row, saved


def opened_twice(open_as: Opener, path: str) -> tuple[Page, Page]:
    """Open one page in the browsers of an agent and a manager."""
    return open_as("agent", path), open_as("manager", path)


def change(page: Page, label: str, words: str) -> None:
    """Choose a property on a ticket's page and save."""
    page.get_by_label(label, exact=True).select_option(label=words)
    page.get_by_role("button", name="Save changes").click()


def test_different_fields_are_both_kept(open_as: Opener, people):
    number = people["customer"].new_ticket("Two hands, two fields")
    first, second = opened_twice(open_as, f"/desk/tickets/{number}")
    change(first, "Priority", "High")
    expect(first.locator("#toasts")).to_contain_text("Saved as version 2.")
    change(second, "Category", "Invoices")
    expect(second.locator("#toasts")).to_contain_text("Saved as version 3.")
    for page in (first, second):
        page.reload()
        expect(page.get_by_label("Priority")).to_have_value("high")
        expect(page.locator("#p-category option:checked")).to_have_text("Invoices")


def test_the_same_field_is_put_to_the_second(open_as: Opener, watch, people):
    watch.expected.add(409)
    number = people["customer"].new_ticket("Two hands, one field")
    first, second = opened_twice(open_as, f"/desk/tickets/{number}")
    change(first, "Priority", "High")
    expect(first.locator("#toasts")).to_contain_text("Saved as version 2.")
    second.get_by_label("Category").select_option(label="Invoices")
    change(second, "Priority", "Urgent")
    expect(second.get_by_role("heading", level=1)).to_have_text("Someone changed this while you were editing")
    asked = second.get_by_role("radiogroup", name="Priority")
    expect(asked.locator(".conflict-before")).to_contain_text("Normal")
    expect(asked.locator(".pick").nth(0)).to_contain_text("High")
    expect(asked.locator(".pick").nth(0)).to_contain_text("Theirs · Ben, saved")
    expect(asked.locator(".pick").nth(1)).to_contain_text("Urgent")
    expect(asked.get_by_role("radio").first).to_be_checked()
    expect(second.get_by_text("Changed only by you; your value is used")).to_be_visible()
    # Nothing is written before the choice.
    first.reload()
    expect(first.get_by_label("Priority")).to_have_value("high")
    expect(first.locator("#p-category option:checked")).to_have_text("None")

    asked.get_by_role("radio").first.focus()
    second.keyboard.press("ArrowDown")
    expect(asked.get_by_role("radio").nth(1)).to_be_checked()
    second.get_by_role("button", name="Save as version 3").click()
    second.wait_for_url(f"**/desk/tickets/{number}")
    expect(second.get_by_label("Priority")).to_have_value("urgent")
    expect(second.locator("#p-category option:checked")).to_have_text("Invoices")
    first.reload()
    expect(first.get_by_label("Priority")).to_have_value("urgent")


def test_theirs_is_kept_when_one_says_so(open_as: Opener, watch, people):
    watch.expected.add(409)
    number = people["customer"].new_ticket("Theirs is fine")
    first, second = opened_twice(open_as, f"/desk/tickets/{number}")
    change(first, "Priority", "High")
    expect(first.locator("#toasts")).to_contain_text("Saved as version 2.")
    change(second, "Priority", "Low")
    second.get_by_role("link", name="Keep all of theirs").click()
    expect(second.get_by_label("Priority")).to_have_value("high")


def test_a_message_is_kept_through_a_conflict(open_as: Opener, watch, people):
    watch.expected.add(409)
    number = people["customer"].new_ticket("A reply that met a change")
    first, second = opened_twice(open_as, f"/desk/tickets/{number}")
    change(first, "Status", "On hold")
    expect(first.locator("#toasts")).to_contain_text("Saved as version 2.")
    second.get_by_label("Message", exact=True).fill("We are nearly there.")
    second.get_by_role("button", name="Send and change the status").click()
    second.get_by_role("button", name="Pending").click()
    expect(second.get_by_text("is kept and will be sent when you save.")).to_be_visible()
    second.get_by_role("radio").nth(1).check()
    second.get_by_role("button", name="Save as version 3").click()
    second.wait_for_url(f"**/desk/tickets/{number}")
    expect(second.locator(".event.reply")).to_contain_text("We are nearly there.")
    expect(second.locator(".work-head .st")).to_have_text("Pending")
    expect(second.locator(".event")).to_have_count(2)


def test_a_reply_meets_a_change_of_another_field_without_a_question(open_as: Opener, people):
    number = people["customer"].new_ticket("A reply beside a change")
    first, second = opened_twice(open_as, f"/desk/tickets/{number}")
    change(first, "Priority", "Low")
    expect(first.locator("#toasts")).to_contain_text("Saved as version 2.")
    second.get_by_label("Message", exact=True).fill("Here you are.")
    second.get_by_role("button", name="Send, set to Open").click()
    expect(second.locator("#toasts")).to_contain_text("Reply sent")
    expect(second.get_by_label("Priority")).to_have_value("low")


def test_the_grid_shows_both_values_in_place(open_as: Opener, watch, people):
    watch.expected.add(409)
    number = people["customer"].new_ticket("Two hands, one cell")
    first, second = opened_twice(open_as, OPEN)
    for page in (first, second):
        expect(row(page, number)).to_be_visible()
    cell(first, number, "priority").click()
    first.get_by_role("option", name="High").click()
    saved(first, number, priority="High")
    cell(second, number, "priority").click()
    second.get_by_role("option", name="Urgent").click()
    asked = second.get_by_role("alertdialog", name="Someone changed this")
    expect(asked).to_contain_text(
        re.compile("Their value \\(saved\\).*High.*Your value \\(not saved\\).*Urgent", re.S)
    )
    expect(asked.get_by_role("button", name="Keep theirs")).to_be_focused()
    saved(second, number, priority="High")
    second.keyboard.press("Tab")
    second.keyboard.press("Enter")
    expect(asked).to_have_count(0)
    saved(second, number, priority="Urgent")
    second.reload()
    saved(second, number, priority="Urgent")


def test_different_cells_are_both_kept(open_as: Opener, people):
    number = people["customer"].new_ticket("Two hands, two cells")
    first, second = opened_twice(open_as, OPEN)
    cell(first, number, "priority").click()
    first.get_by_role("option", name="High").click()
    saved(first, number, priority="High")
    cell(second, number, "assignee").click()
    second.get_by_role("option", name="Grace Demo").click()
    saved(second, number, assignee="Grace Demo")
    first.reload()
    saved(first, number, priority="High", assignee="Grace Demo")
