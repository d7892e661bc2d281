"""The main path of emails: a customer asks, an agent answers and solves, and the mailbox has all three."""

from playwright.sync_api import expect

from tests.browser.conftest import Opener


def test_a_customer_is_told_of_receipt_answer_and_solution(open_as: Opener):
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
    emails.last.click()
    page.get_by_role("link", name=f"/help/tickets/{number}").click()
