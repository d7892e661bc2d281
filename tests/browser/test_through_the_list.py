"""Working through a list: a ticket is taken with one key, and the next one follows the answer."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Opener
from tests.browser.grid import OPEN


def test_a_ticket_is_taken_with_one_key(open_as: Opener, people):
    number = people["customer"].new_ticket("To be taken")
    page = open_as("agent", f"/desk/tickets/{number}")
    message = page.get_by_label("Message", exact=True)
    message.press("i")
    expect(message).to_have_value("i")
    message.fill("")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("Assign the ticket to me")
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    expect(page.locator("#toasts")).to_contain_text("Saved as version 2")
    expect(page.locator("#p-assignee_id")).to_have_value(re.compile("."))
    expect(page.get_by_role("button", name="Assign to me")).to_have_count(0)


def test_the_next_ticket_of_the_list_follows_the_answer(open_as: Opener, people, join, sign_in):
    for subject in ("Third of three", "Second of three", "First of three"):
        people["customer"].new_ticket(subject)
    join("Nora Next", "nora@relay.example", "agent")  # whose choice changes nothing for other tests
    page = open_as(sign_in("nora@relay.example"), "/account/")
    page.get_by_label("Go to the next ticket in the list").check()
    page.locator("section", has=page.get_by_role("heading", name="Tickets")).get_by_role(
        "button", name="Save"
    ).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.goto(f"{OPEN}&priority=normal")
    page.locator("table.grid td.two a").first.click()
    following = page.get_by_role("link", name="Next ticket")
    path, number = following.get_attribute("href"), page.url.rsplit("/", 1)[1]
    place = page.locator(".list-position").inner_text()
    page.get_by_label("Message", exact=True).fill("Done.")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**{path}")
    expect(page.locator("#toasts")).to_contain_text(f"#{number}")
    expect(page.locator("#toasts")).to_contain_text("Reply sent")
    expect(page.locator(".list-position")).to_contain_text(place.replace("1 of", "2 of").strip())
