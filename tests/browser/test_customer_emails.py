"""The main path of emails: a customer asks, an agent answers and solves, and the mailbox has all three.

A reply to one of them is answered with where to write instead.
"""

import smtplib
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Opener
from tests.patience import PATIENCE


def write_back(listening, received):
    """Reply to an email as the customer's mail program and server do."""
    email, reply = message_from_bytes(received), EmailMessage()
    reply["From"], reply["To"], reply["In-Reply-To"] = email["To"], email["From"], email["Message-ID"]
    reply.set_content("It still burns.")
    host, _, port = listening.rpartition(":")
    with smtplib.SMTP(host, int(port), timeout=PATIENCE) as client:
        client.send_message(reply)


def test_a_customer_is_told_of_receipt_answer_and_solution(open_as: Opener, live_server):
    customer = open_as("customer", "/help/new")
    customer.get_by_label("What is it about?").fill("Told by email")
    customer.get_by_label("What happened?").fill("Where is my parcel?")
    customer.get_by_role("button", name="Send").click()
    customer.wait_for_url("**/help/tickets/*")
    number = customer.url.rsplit("/", 1)[1]

    page = open_as("agent", f"/desk/tickets/{number}")
    expect(page.locator(".composer")).to_contain_text("To customer@demo.example")
    page.get_by_label("Message", exact=True).fill("It left the house this morning.")
    page.get_by_role("button", name="Send, set to Open").click()
    expect(page.locator("#toasts")).to_contain_text("Reply sent")
    page.get_by_label("Status", exact=True).select_option(label="Solved")
    page.get_by_role("button", name="Save changes").click()
    expect(page.locator("#toasts")).to_contain_text("Saved as version")

    emails = page.get_by_role("link", name=f"[#{number}] Told by email")
    page.goto("/mailbox/")
    while emails.count() < 3:
        page.reload()
    expect(emails).to_have_count(3)
    for text in ("marked your request", "It left the house this morning.", "we have received your request"):
        emails.nth(0 if "marked" in text else 1 if "left" in text else 2).click()
        expect(page.locator(".message")).to_contain_text(text)
        page.goto("/mailbox/")
    customer.goto("/mailbox/")
    customer.get_by_role("link", name=f"[#{number}] Told by email").last.click()
    customer.get_by_role("link", name=f"/help/tickets/{number}").click()
    expect(customer.get_by_role("heading", level=1)).to_have_text("Told by email")

    (received,) = (Path(live_server.environment["DATA_DIR"]) / "mail").glob(f"ticket-{number}-1-*.eml")
    write_back(live_server.environment["MAIL_REPLY_LISTEN"], received.read_bytes())
    answer = page.get_by_role("link", name=f"Your reply about request #{number} was not read")
    page.goto("/mailbox/")
    while not answer.count():
        page.reload()
    answer.click()
    expect(page.locator(".message")).to_contain_text("Please write on the page of your request instead")
