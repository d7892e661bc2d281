"""Drafts: saved until the server accepts them, for their author only."""

import re
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import TOKEN, Opener
from tests.browser.test_signing_in import type_credentials

DRAFT_STATE = "[data-draft-state]"


def test_an_unsent_reply_survives_a_reload(open_as: Opener, people):
    number = people["customer"].new_ticket("A draft that is kept")
    page = open_as("customer", f"/help/tickets/{number}")
    page.get_by_label("Your reply").fill("Half a sent")
    expect(page.locator("[data-draft-state]")).to_contain_text("Draft saved")
    page.reload()
    expect(page.get_by_label("Your reply")).to_have_value("Half a sent")
    page.get_by_role("button", name="Send reply").click()
    expect(page.get_by_role("list", name="Messages")).to_contain_text("Half a sent")
    expect(page.get_by_label("Your reply")).to_have_value("")


def end_session(browser: Browser, page: Page, url: str) -> None:
    """Sign out elsewhere: the page keeps its cookies, but the server no longer accepts them."""
    elsewhere = browser.new_context(base_url=url, storage_state=page.context.storage_state())
    token = TOKEN.search(elsewhere.request.get("/desk/new").text())[1]
    assert elsewhere.request.post("/logout", form={"csrf_token": token}).ok
    elsewhere.close()


def test_a_reply_survives_a_reload_and_a_session_that_ended(
    open_as: Opener, browser: Browser, people, live_server: Any
):
    number = people["customer"].new_ticket("Written while the session ended")
    words = "A long answer that nobody wants to write twice."
    page = open_as(None, f"/desk/tickets/{number}")
    type_credentials(page, live_server.email("agent"), live_server.password)
    page.wait_for_url(f"{live_server.url}/desk/tickets/{number}")  # the URL of the login contains it too
    message = page.get_by_label("Message", exact=True)
    message.fill(words)
    expect(page.locator("[data-draft-state]")).to_contain_text("Draft saved")
    page.reload()
    expect(message).to_have_value(words)
    end_session(browser, page, live_server.url)
    page.get_by_role("button", name="Send, set to Open").click()
    page.wait_for_url(re.compile("/login"))
    type_credentials(page, live_server.email("agent"), live_server.password)
    page.wait_for_url(f"**/desk/tickets/{number}")
    expect(page.locator(".event")).to_have_count(1)
    expect(message).to_have_value(words)
    page.get_by_role("button", name="Send, set to Open").click()
    expect(page.locator(".event.reply")).to_contain_text(words)
    expect(message).to_have_value("")


def test_a_reply_that_met_a_conflict_is_there_again_when_theirs_is_kept(open_as: Opener, watch, people):
    watch.expected.add(409)
    number = people["customer"].new_ticket("Met by a conflict")
    page = open_as("agent", f"/desk/tickets/{number}")
    message = page.get_by_label("Message", exact=True)
    message.fill("Safe, says the page.")
    people["manager"].update(number, status="pending", seen_status="new")
    page.get_by_role("button", name="Send and change the status").click()
    page.get_by_role("button", name="Solved").click()
    expect(page.get_by_text("Your unsent reply (20 characters) is kept")).to_be_visible()
    page.get_by_role("link", name="Keep all of theirs").click()
    expect(page.locator(".event")).not_to_have_count(0)
    expect(message).to_have_value("Safe, says the page.")


def test_a_message_is_sent_once_however_the_server_tidied_it(open_as: Opener, people):
    number = people["customer"].new_ticket("Tidied")
    page = open_as("customer", f"/help/tickets/{number}")
    reply = page.get_by_label("Your reply")
    for words in ("Cafe\u0301 \u202etnereffid\u202c", "  Twice \n the same ", "Twice \n the same"):
        reply.fill(words)
        page.get_by_role("button", name="Send reply").click()
        page.wait_for_url(re.compile("#v"))
        expect(reply).to_have_value("")
    page.go_back()
    expect(reply).to_have_value("")


def test_words_of_another_ticket_or_an_earlier_version_prove_nothing(open_as: Opener, watch, people):
    watch.expected.add(409)
    number = people["customer"].new_ticket("Said before", "Thanks")
    page = open_as("agent", f"/desk/tickets/{number}")
    message = page.get_by_label("Message", exact=True)
    message.fill("Thanks")
    people["manager"].update(number, status="pending", seen_status="new")
    page.get_by_role("button", name="Send and change the status").click()
    page.get_by_role("button", name="Solved").click()
    expect(page.get_by_role("link", name="Keep all of theirs")).to_be_visible()
    page.goto(f"/desk/tickets/{people['customer'].new_ticket('Another', 'Thanks')}")
    expect(message).to_have_value("")
    page.goto(f"/desk/tickets/{number}")
    expect(message).to_have_value("Thanks")


def test_who_signed_out_in_another_tab_is_told_and_loses_nothing(open_as: Opener, live_server: Any, people):
    number = people["customer"].new_ticket("Two tabs")
    page = open_as(None, f"/help/tickets/{number}")
    type_credentials(page, live_server.email("customer"), live_server.password)
    page.get_by_label("Your reply").fill("Written in the first tab.")
    expect(page.locator(DRAFT_STATE)).to_contain_text("Draft saved")
    other = page.context.new_page()
    other.goto("/help/")
    other.get_by_role("button", name=re.compile("Your account")).click()
    other.get_by_role("button", name="Sign out").click()
    other.wait_for_url("**/login*")
    page.get_by_role("button", name="Send reply").click()
    expect(page.get_by_role("status")).to_contain_text("You were signed out, so nothing was changed.")
    type_credentials(page, live_server.email("customer"), live_server.password)
    page.wait_for_url(f"**/help/tickets/{number}")
    expect(page.get_by_label("Your reply")).to_have_value("Written in the first tab.")


def test_what_was_chosen_is_kept_with_what_was_written(open_as: Opener):
    page = open_as("agent", "/desk/new")
    page.get_by_label("Subject").fill("Chosen with care")
    page.get_by_role("combobox", name="Team").fill("Billing")
    expect(page.locator(".combo-list [aria-selected=true]")).to_have_text("Billing")
    page.keyboard.press("Enter")
    page.get_by_label("Priority").select_option(label="Urgent")
    expect(page.locator(DRAFT_STATE)).to_contain_text("Draft saved")
    page.reload()
    expect(page.get_by_label("Subject")).to_have_value("Chosen with care")
    expect(page.get_by_role("combobox", name="Team")).to_have_value("Billing")
    expect(page.get_by_label("Priority")).to_have_value("urgent")


def test_who_signs_in_next_does_not_see_them(open_as: Opener, live_server: Any):
    page = open_as(None, "/help/new")
    type_credentials(page, live_server.email("customer"), live_server.password)
    page.get_by_label("What is it about?").fill("Nobody else's business")
    expect(page.locator(DRAFT_STATE)).to_contain_text("Draft saved")
    for role, expected in (("administrator", ""), ("customer", "Nobody else's business")):
        page.get_by_role("button", name=re.compile("Your account")).click()
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/login*")
        type_credentials(page, live_server.email(role), live_server.password)
        page.wait_for_url(re.compile("/(help|desk|admin)/"))
        page.goto("/help/new")
        expect(page.get_by_label("What is it about?")).to_have_value(expected)
