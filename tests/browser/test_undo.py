"""Undo in the timeline, after saving, after a bulk change and in a cell."""

from playwright.sync_api import expect

from tests.browser.conftest import Opener
from tests.browser.grid import OPEN, cell, saved


def test_a_change_is_undone_in_the_timeline_by_keyboard(open_as: Opener, people):
    number = people["customer"].new_ticket("Undone in the timeline")
    page = open_as("agent", f"/desk/tickets/{number}")
    page.get_by_label("Priority").select_option(label="High")
    page.get_by_role("button", name="Save changes").click()
    page.get_by_role("button", name="Undo version 2").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text(f"Undone. #{number} has priority Normal again.")
    expect(page.get_by_label("Priority")).to_have_value("normal")
    expect(page.get_by_role("button", name="Undo version 2")).to_have_count(0)
    expect(page.locator(".folded").first).to_contain_text("Undone")
    expect(page.locator(".folded").last).to_contain_text("undid priority")


def test_solving_with_a_reply_is_undone_from_the_toast(open_as: Opener, people):
    number = people["customer"].new_ticket("Solved too early")
    page = open_as("agent", f"/desk/tickets/{number}")
    page.get_by_label("Message", exact=True).fill("Done.")
    page.get_by_role("button", name="Send and change the status").click()
    page.get_by_role("button", name="Solved").click()
    toast = page.locator("#toasts")
    expect(toast).to_contain_text(f"#{number} solved. Reply sent.")
    toast.get_by_role("button", name="Undo").click()
    expect(page.locator(".work-head .st")).to_have_text("New")
    expect(page.locator(".event.reply")).to_have_count(1)


def test_a_cell_is_set_back_in_place(open_as: Opener, watch, people):
    watch.expected.add(409)
    number = people["customer"].new_ticket("Undone in the cell")
    page = open_as("agent", OPEN)
    undo = page.locator("#toasts").get_by_role("button", name="Undo")
    cell(page, number, "priority").click()
    page.get_by_role("option", name="Urgent").click()
    saved(page, number, priority="Urgent")
    undo.click()
    saved(page, number, priority="Normal")
    expect(cell(page, number, "priority")).to_be_focused()
    # The row has the new version, so the next edit causes no conflict.
    cell(page, number, "priority").click()
    page.get_by_role("option", name="High").click()
    saved(page, number, priority="High")
    people["manager"].update(number, priority="low", seen_priority="high")
    undo.last.click()
    expect(page.locator("#toasts .error")).to_contain_text("changed since, priority by Grace Demo")
    saved(page, number, priority="High")


def test_many_are_set_back_together(open_as: Opener, people):
    numbers = [people["customer"].new_ticket(f"Undone together, {place}") for place in range(3)]
    page = open_as("agent", OPEN)
    for number in numbers:
        page.get_by_label(f"Select #{number}", exact=True).check()
    page.get_by_role("region", name="Selected tickets").get_by_role("button", name="Status").click()
    page.get_by_role("option", name="Pending").click()
    toast = page.locator("#toasts")
    expect(toast).to_contain_text("3 tickets set to Pending.")
    people["manager"].update(numbers[0], status="on_hold", seen_status="pending")
    toast.get_by_role("button", name="Undo").click()
    expect(toast).to_contain_text("2 of 3 changes undone, 1 not changed.")
    expect(toast.locator(".error")).to_contain_text(f"#{numbers[0]}: changed since, status by Grace Demo")
    saved(page, numbers[0], status="On hold")
    for number in numbers[1:]:
        saved(page, number, status="New")


def test_undo_works_without_a_script(open_as: Opener, people):
    number = people["customer"].new_ticket("Undone without a script")
    people["agent"].update(number, priority="high", seen_priority="normal")
    page = open_as("agent", f"/desk/tickets/{number}", java_script_enabled=False)
    page.get_by_role("button", name="Undo version 2").click()
    expect(page.locator("#toasts")).to_contain_text("has priority Normal again.")
    expect(page.get_by_label("Priority")).to_have_value("normal")


def test_a_toast_stays_while_it_is_pointed_at_and_errors_stay(open_as: Opener, people):
    number = people["customer"].new_ticket("A toast to point at")
    page = open_as("agent")
    page.clock.install()
    page.goto(f"/desk/tickets/{number}")
    page.get_by_label("Priority").select_option(label="High")
    page.get_by_role("button", name="Save changes").click()
    toast = page.locator("#toasts .toast")
    expect(toast).to_contain_text("Saved as version 2.")
    page.clock.run_for(7000)
    toast.hover()
    page.clock.run_for(60_000)
    expect(toast).to_be_visible()
    page.mouse.move(0, 0)
    page.clock.run_for(2000)
    expect(toast).to_have_count(0)
