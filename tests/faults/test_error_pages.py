"""What a user sees in a browser while the engine is down: the page comes back and says what is saved."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.checks import in_all_variants
from tests.browser.grid import saved
from tests.faults.http_browser import Visitor
from tests.faults.product import PASSWORD, Product
from tests.patience import PATIENCE_MS

TITLE = "We cannot reach your tickets right now"


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    running = Product(tmp_path_factory.mktemp("product"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def number(product: Product) -> int:
    customer = Visitor(product.port, "customer")
    response = customer.send(customer.page("/help/new").form("/help/new"), subject="Kept", body="Words.")
    customer.leave()
    return int(response.location.rsplit("/", 1)[1])


@pytest.fixture
def open_page(browser: Browser, product: Product) -> Iterator[Any]:
    contexts = []

    def opened(role: str = "customer", **options: Any) -> Page:
        context = browser.new_context(base_url=f"http://127.0.0.1:{product.port}", **options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.goto("/login")
        page.get_by_label("Email").fill(f"{role}@demo.example")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Continue").click()
        page.wait_for_url("**/help/" if role == "customer" else "**/desk/tickets/*")
        return page

    yield opened
    for context in contexts:
        context.close()
    if product.engine._process is None:
        product.engine.start()


def test_the_page_waits_longer_each_time_and_comes_back_by_itself(open_page, product, number):
    page = open_page()
    page.clock.install()
    page.goto(f"/help/tickets/{number}")
    page.get_by_label("Your reply").fill("Half a sentence")
    page.clock.run_for(1000)
    expect(page.locator("[data-draft-state]")).to_contain_text("Draft saved")
    product.engine.stop()
    assert page.goto(f"/help/tickets/{number}").status == 503
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    expect(page.locator(".notice")).to_have_text(
        f"Everything you have saved is safe. Your unsent reply to #{number} is stored in this browser."
    )
    first = page.locator("[data-reference]").inner_text()
    page.get_by_role("link", name="Try now").click()
    expect(page.locator("[data-attempt]")).to_have_text("2")
    expect(page.get_by_role("link", name="Try now")).to_be_focused()
    expect(page.locator("[data-reference]")).not_to_have_text(first)
    assert int(page.locator("[data-seconds]").inner_text()) >= 9
    product.engine.start()
    page.clock.run_for(15_000)
    expect(page.get_by_label("Your reply")).to_have_value("Half a sentence", timeout=PATIENCE_MS)


def test_a_refused_reply_is_not_repeated_but_kept(open_page, product, number):
    page = open_page()
    page.goto(f"/help/tickets/{number}")
    page.get_by_label("Your reply").fill("Sent into the void")
    product.engine.stop()
    sent = []
    page.on("request", lambda request: sent.append(request.method))
    page.get_by_role("button", name="Send reply").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE, timeout=PATIENCE_MS)
    expect(page.locator(".fault")).to_contain_text("Go back and send it again. It will not be saved twice.")
    expect(page.locator(".notice")).to_contain_text(
        f"Your unsent reply to #{number} is stored in this browser."
    )
    expect(page.locator(".ring")).to_have_count(0)
    product.engine.start()
    page.get_by_role("button", name="Back to the form").click()
    expect(page.get_by_label("Your reply")).to_have_value("Sent into the void")
    assert sent.count("POST") == 1
    page.get_by_role("button", name="Send reply").click()
    expect(page.get_by_role("list", name="Messages").get_by_text("Sent into the void")).to_have_count(1)


def test_without_a_script_the_page_comes_back_too(open_page, product):
    page = open_page(java_script_enabled=False)
    product.engine.stop()
    page.goto("/help/")
    expect(page.get_by_text(re.compile("We try again in 5 seconds"))).to_be_visible()
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    product.engine.start()
    expect(page.get_by_role("heading", level=1)).to_contain_text("How can we help", timeout=PATIENCE_MS)


def test_a_change_in_a_list_says_so_and_can_be_tried_again(open_page, product, number):
    page = open_page("agent")
    page.goto("/desk/tickets/?state=open")
    row = page.get_by_role("row", name=re.compile(f"#{number}"))
    cell = row.locator("td.p button.ed")
    product.engine.stop()
    cell.click()
    page.get_by_role("option", name="High").click()
    toast = page.locator(".toast.error")
    expect(toast).to_contain_text(f"{TITLE}. The database is not responding.", timeout=PATIENCE_MS)
    expect(cell).to_have_text("Normal")
    product.engine.start()
    toast.get_by_role("button", name="Try again").click()
    saved(page, number, priority="High")
    page.reload()
    expect(cell).to_have_text("High")


def test_the_page_is_sound_in_every_variant(open_page, product):
    page = open_page(reduced_motion="reduce")
    product.engine.stop()
    complaints = in_all_variants(page, lambda: page.goto("/help/"))
    assert not complaints, "\n".join(complaints)
