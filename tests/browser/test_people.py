"""Choosing one of many by a part of the name, and a call from somebody new, by keyboard."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Opener
from tests.browser.grid import OPEN


def test_an_agent_is_chosen_by_keyboard_and_read_out(open_as: Opener, people):
    number = people["customer"].new_ticket("Chosen by keyboard")
    page = open_as("agent", f"/desk/tickets/{number}")
    box = page.get_by_role("combobox", name="Assignee")
    box.focus()
    expect(box).to_have_attribute("aria-expanded", "false")
    page.keyboard.type("DEMO gra")
    chosen = page.locator(".combo-list [aria-selected=true]")
    expect(chosen).to_contain_text("Grace Demo")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(box).to_have_attribute("aria-activedescendant", chosen.get_attribute("id"))
    # The Enter that ends a composition chooses nothing.
    box.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    expect(chosen).to_be_visible()
    page.keyboard.press("Enter")
    expect(box).to_have_value("Grace Demo")
    expect(box).to_have_attribute("aria-expanded", "false")
    page.get_by_role("button", name="Save changes").click()
    expect(page.locator("#toasts")).to_contain_text("Saved")
    expect(page.get_by_role("combobox", name="Assignee")).to_have_value("Grace Demo")


def test_a_call_from_somebody_new_takes_name_subject_text_and_enter(open_as: Opener):
    page = open_as("agent", OPEN)
    page.keyboard.press("c")
    page.wait_for_url("**/desk/new?channel=phone")
    expect(page.get_by_role("combobox", name="Requester")).to_be_focused()
    page.keyboard.type("+49 30 5550 174, Lena Voss, lena.voss@call.example")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Lena Voss")
    expect(page.get_by_label("Email", exact=True)).to_have_value("lena.voss@call.example")
    expect(page.get_by_label("Subject")).to_be_focused()
    page.keyboard.type("Box holds 10 rolls")
    page.keyboard.press("Tab")
    page.keyboard.type("The delivery note says twelve.")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/desk/tickets/\d+$"))
    expect(page.locator(".requester")).to_contain_text("Lena Voss")
    expect(page.locator(".requester").get_by_role("link", name="+49 30 5550 174")).to_be_visible()
    page.get_by_role("link", name="Lena Voss").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Lena Voss")
    expect(page.get_by_role("link", name="Box holds 10 rolls")).to_be_visible()


def test_a_filter_looks_up_its_choices(open_as: Opener, people):
    people["customer"].new_ticket("Found by its requester")
    page = open_as("agent", OPEN)
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_role("button", name="Requester", exact=True).click()
    page.get_by_role("searchbox", name="Requester").fill("marta")
    page.get_by_role("group", name="Filter by requester").get_by_label(re.compile("Marta Demo")).check()
    page.get_by_role("group", name="Filter by requester").get_by_role("button", name="Apply").click()
    page.wait_for_url(re.compile(r"requester=[0-9a-f]{32}"))
    expect(page.get_by_role("link", name="Found by its requester")).to_be_visible()


def test_bulk_assign_preselects_nobody(open_as: Opener, people):
    number = people["customer"].new_ticket("Nobody is preselected")
    page = open_as("agent", OPEN)
    page.get_by_label(f"Select #{number}", exact=True).check()
    page.get_by_role("region", name="Selected tickets").get_by_role("button", name="Assign").click()
    expect(page.get_by_role("option").first).to_be_visible()
    expect(page.get_by_role("option", selected=True)).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.type("demo grace")
    expect(page.get_by_role("option", selected=True)).to_contain_text("Grace Demo")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("assigned to Grace Demo")
