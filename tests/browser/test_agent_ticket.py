"""The agent's ticket page: replies, notes, changes, and opening a ticket for a customer."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Opener
from tests.browser.grid import OPEN


def test_a_ticket_is_answered_noted_and_changed(open_as: Opener, people):
    number = people["customer"].new_ticket("A day at the desk", "Where is my parcel?")
    page = open_as("agent", OPEN)
    page.get_by_role("link", name="A day at the desk").first.click()
    page.wait_for_url(f"**/desk/tickets/{number}")
    timeline = page.get_by_role("region", name="Conversation and changes")
    expect(timeline.locator(".event.customer")).to_contain_text("Where is my parcel?")

    page.get_by_label("Message", exact=True).fill("It left the house this morning.")
    page.get_by_role("button", name="Send, set to Open").click()
    expect(page.locator("#toasts")).to_contain_text("Reply sent")
    expect(timeline.locator(".event.reply")).to_contain_text("It left the house this morning.")

    page.get_by_text("Internal note", exact=True).first.click()
    expect(page.get_by_text("Only visible to colleagues")).to_be_visible()
    page.get_by_label("Message", exact=True).fill("The carrier was late again.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("Note added")
    expect(timeline.locator(".event.note")).to_contain_text("The carrier was late again.")

    save = page.get_by_role("button", name="Save changes")
    expect(save).to_be_hidden()
    page.get_by_label("Priority").select_option(label="High")
    page.get_by_role("combobox", name="Assignee").fill("ben dem")
    expect(page.locator(".combo-list [aria-selected=true]")).to_have_text(re.compile("Ben Demo"))
    page.keyboard.press("Enter")
    page.get_by_label("Category").select_option(label="Hardware")
    save.click()
    expect(page.locator("#toasts")).to_contain_text("Saved as version")
    expect(page.get_by_label("Priority")).to_have_value("high")
    expect(page.locator(".work-head")).to_contain_text("High")
    expect(timeline.locator(".folded").last).to_contain_text("Ben Demo")


def test_a_reply_sets_the_status_by_keyboard(open_as: Opener, people):
    number = people["customer"].new_ticket("Solved with the answer")
    page = open_as("agent", f"/desk/tickets/{number}")
    page.get_by_label("Message", exact=True).fill("Done.")
    page.get_by_role("button", name="Send and change the status").focus()
    page.keyboard.press("Enter")
    choice = page.get_by_role("group", name="Send and change the status").get_by_role("button", name="Solved")
    expect(choice).to_be_visible()
    choice.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("solved. Reply sent.")
    expect(page.locator(".work-head .st")).to_have_text("Solved")


def test_an_empty_reply_is_not_sent(open_as: Opener, watch, people):
    watch.expected.add(400)
    number = people["customer"].new_ticket("Nothing to say")
    page = open_as("agent", f"/desk/tickets/{number}")
    page.get_by_label("Message", exact=True).fill("   ")
    page.get_by_role("button", name="Send, set to Open").click()
    expect(page.locator("#f-body-error")).to_be_visible()
    expect(page.locator(".event")).to_have_count(1)


def test_a_ticket_is_opened_for_a_customer(open_as: Opener, watch, people, live_server):
    watch.expected.add(400)
    page = open_as("agent", OPEN)
    page.get_by_role("link", name="New ticket").click()
    page.get_by_role("combobox", name="Requester").fill("nobody@demo.example")
    page.get_by_label("Subject").fill("Called about a refund")
    page.get_by_label("Description").fill("Wants the money back.")
    page.get_by_label("Priority").select_option(label="High")
    page.get_by_role("button", name="Create ticket").click()
    expect(page.locator("#f-requester-error")).to_contain_text("No customer matches")
    expect(page.get_by_label("Subject")).to_have_value("Called about a refund")
    expect(page.get_by_label("Priority")).to_have_value("high")
    page.get_by_role("combobox", name="Requester").fill(live_server.email("customer"))
    page.get_by_role("button", name="Create ticket").click()
    page.wait_for_url(re.compile(r"/desk/tickets/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Called about a refund")
    expect(page.locator(".requester")).to_contain_text("Marta Demo")
    assert "Called about a refund" in people["customer"].http.get("/help/").text()


def test_the_panel_opens_and_closes_on_a_small_screen(open_as: Opener):
    page = open_as("agent", "/desk/tickets/60", viewport={"width": 390, "height": 844})
    panel = page.get_by_role("complementary", name="Properties and requester")
    expect(panel).to_be_hidden()
    toggle = page.get_by_role("button", name="Properties and requester")
    toggle.click()
    expect(panel).to_be_visible()
    expect(page.get_by_label("Status", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(toggle).to_be_focused()
