"""The script in a real browser, under a content security policy without inline scripts."""

import shutil
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Response
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from pynamodb_grid.tests.admin_app import make_app
from pynamodb_grid.tests.driver import playwright
from pynamodb_grid.tests.support import stamp, store, ticket

pytestmark = [
    pytest.mark.browser,
    # Werkzeug's server leaves a static file open if the browser has moved on before it was sent.
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <_io.FileIO:pytest.PytestUnraisableExceptionWarning"
    ),
]
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


@pytest.fixture
def address(engine_table: type[Any]) -> Iterator[str]:
    """Serves the test view on a free port."""
    rows = [ticket(engine_table, n, subject=f"Subject {n}", updated_at=stamp(n)) for n in range(1, 6)]
    store(engine_table, rows)
    app = make_app(engine_table)

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        return response

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/admin/tickets/"
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Starts Chromium once for all tests here."""
    if not CHROMIUM:
        pytest.skip("Chromium is not installed: apt-get install chromium-headless-shell")
    with playwright() as tool:
        running = tool.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def page(address: str, browser: Browser) -> Iterator[Page]:
    """Opens the list; fails the test on any script error or policy violation."""
    opened = browser.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda m: faults.append(m.text) if "Content Security Policy" in m.text else None)
    opened.goto(address)
    yield opened
    opened.close()
    assert faults == []


def test_a_cell_is_edited_by_keyboard(page: Page, engine_table: type[Any]) -> None:
    row = page.locator("tr[data-pk='3']")
    cell = row.locator("[data-edit=subject]")
    cell.focus()
    page.keyboard.press("Enter")
    box = row.get_by_label("Subject", exact=True)
    expect(box).to_be_focused()
    box.fill("Edited")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Saved.")
    expect(cell).to_have_text("Edited")
    expect(cell).to_be_focused()
    assert engine_table.get(3).subject == "Edited"
    cell.press("Enter")
    row.get_by_label("Subject", exact=True).fill("Not this")
    page.keyboard.press("Escape")
    expect(cell).to_have_text("Edited")


def test_the_enter_that_ends_a_composition_does_not_save(page: Page, engine_table: type[Any]) -> None:
    row = page.locator("tr[data-pk='4']")
    row.locator("[data-edit=subject]").click()
    box = row.get_by_label("Subject", exact=True)
    box.fill("\u306b\u307b\u3093")
    for spec in ({"key": "Enter", "isComposing": True}, {"key": "Enter", "keyCode": 229}):
        box.dispatch_event("keydown", {**spec, "bubbles": True})
    expect(box).to_be_focused()
    assert engine_table.get(4).subject == "Subject 4"
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Saved.")


def test_a_conflict_is_told_and_nothing_written(page: Page, engine_table: type[Any]) -> None:
    engine_table.get(2).update(actions=[engine_table.status.set("pending")])
    row = page.locator("tr[data-pk='2']")
    row.locator("[data-edit=status]").click()
    row.get_by_label("Status", exact=True).select_option("solved")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("theirs Pending, yours Solved")
    assert engine_table.get(2).status == "pending"


def test_bulk_actions_ask_and_answer(page: Page, engine_table: type[Any]) -> None:
    page.get_by_role("button", name="Apply").last.click()  # the browser asks for an action first
    page.get_by_label("Action", exact=True).select_option("assign")
    page.get_by_role("button", name="Apply").last.click()
    expect(page.get_by_role("status")).to_have_text("Choose at least one row.")
    page.get_by_label("Choose all rows").check()
    page.get_by_label("Assign", exact=True).select_option("ben")
    page.get_by_role("button", name="Apply").last.click()
    expect(page.get_by_text("5 of 5 done.")).to_be_visible()
    assert {row.assignee_id for row in engine_table.scan()} == {"ben"}


def test_a_deletion_is_confirmed(page: Page, address: str, engine_table: type[Any]) -> None:
    page.goto(address + "details/?id=4")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Delete").click()
    assert engine_table.count() == 5
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("The record was deleted.")).to_be_visible()
    assert engine_table.count() == 4
