"""Moving from ticket to ticket through a list, and the texts of the conflict page."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Opener
from tests.browser.grid import OPEN


def test_a_list_leads_through_its_tickets(open_as: Opener):
    page = open_as("agent", f"{OPEN}&priority=normal")
    rows = page.locator("table.grid td.two a")
    paths = [link.get_attribute("href") for link in rows.all()]
    rows.nth(1).click()
    back = page.locator(".back")
    expect(back).to_have_attribute("href", re.compile("priority=normal"))
    expect(page.locator(".list-position")).to_contain_text(f"2 of {len(paths)}")
    page.get_by_role("link", name="Next ticket").click()
    page.wait_for_url(f"**{paths[2]}")
    page.keyboard.press("k")
    page.wait_for_url(f"**{paths[1]}")
    page.get_by_label("Message", exact=True).press("k")
    expect(page.get_by_label("Message", exact=True)).to_have_value("k")
    page.get_by_label("Message", exact=True).fill("")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("k")
    page.wait_for_url(f"**{paths[0]}")
    expect(page.get_by_role("link", name="Previous ticket")).to_be_hidden()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".crumb")).to_contain_text(f"1 of {len(paths)} in")


def test_a_ticket_from_elsewhere_has_its_plain_way_back(open_as: Opener):
    page = open_as("agent", "/desk/tickets/3")
    expect(page.locator(".list-position")).to_be_hidden()
    expect(page.locator(".back")).to_have_attribute("href", "/desk/tickets/")


def test_closed_groups_stay_closed(open_as: Opener):
    page = open_as("agent", "/desk/tickets/3")
    page.locator("summary", has_text="Requester").click()
    expect(page.locator(".requester")).to_be_hidden()
    page.goto("/desk/tickets/4")
    expect(page.locator(".requester")).to_be_hidden()
    expect(page.get_by_label("Status", exact=True)).to_be_visible()


def test_a_property_is_drawn_as_chosen(open_as: Opener, people):
    number = people["customer"].new_ticket("Drawn as chosen")
    page = open_as("agent", f"/desk/tickets/{number}")
    page.get_by_label("Status", exact=True).select_option(label="Pending")
    expect(page.locator(".prop.s-pending use")).to_have_attribute("href", re.compile("#s-pending$"))
    assignee = page.get_by_role("combobox", name="Assignee")
    assignee.fill("Ben Demo")
    expect(page.locator(".combo-list [aria-selected=true]")).to_contain_text("Ben Demo")
    page.keyboard.press("Enter")
    expect(assignee).to_have_value("Ben Demo")


def test_the_conflict_page_says_what_it_will_save(open_as: Opener, watch, people):
    watch.expected.add(409)
    number = people["customer"].new_ticket("What will be saved")
    page = open_as("agent", f"/desk/tickets/{number}")
    page.get_by_label("Message", exact=True).fill("Not sent yet.")
    expect(page.locator("[data-draft-state]")).to_contain_text("Draft saved")
    people["manager"].update(number, priority="low", seen_priority="normal")
    page.get_by_label("Priority").select_option(label="Urgent")
    page.get_by_role("button", name="Save changes").click()
    hint = page.locator("[data-saves]")
    expect(hint).to_have_text("Saves none of your values. Theirs stay.")
    page.get_by_role("radiogroup", name="Priority").get_by_role("radio").nth(1).check()
    expect(hint).to_have_text("Saves priority Urgent. You can undo it.")
    expect(page.get_by_text("Your unsent reply (13 characters) is kept in the message box.")).to_be_visible()
    page.get_by_text("Read it").click()
    expect(page.locator(".safe p")).to_have_text("Not sent yet.")
    page.get_by_role("button", name="Save as version 3").click()
    page.wait_for_url(f"**/desk/tickets/{number}")
    expect(page.get_by_label("Message", exact=True)).to_have_value("Not sent yet.")
