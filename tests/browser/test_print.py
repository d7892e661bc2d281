"""Printing any page gives all of it: read from the PDF that Chromium makes."""

import io
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.conftest import Opener

SHELL = ("Jump to", "Administration", "Skip to content", "Send reply", "Write here", "Copy link")
LINES = 200


def printed(page: Page) -> list[str]:
    """Print a page and return the text of each sheet, with blanks collapsed; no text may lie beside a sheet."""
    texts = []
    for sheet in PdfReader(io.BytesIO(page.pdf(format="A4"))).pages:
        _, _, width, height = map(float, sheet.mediabox)
        outside: list[str] = []

        def look(
            text: str, place: Any, matrix: Any, *_: Any, width: float = width, height: float = height,
            outside: list[str] = outside,
        ) -> None:  # fmt: skip
            x = matrix[4] * place[0] + matrix[5] * place[2] + place[4]
            y = matrix[4] * place[1] + matrix[5] * place[3] + place[5]
            if text.strip() and not (0 <= x <= width and 0 <= y <= height):
                outside.append(f"{text!r} at {x:.0f}, {y:.0f}")

        texts.append(" ".join(sheet.extract_text(visitor_text=look).split()))
        assert outside == []
    return texts


def in_light_colours(page: Page) -> None:
    """Check that a page in a dark theme is printed dark on white."""
    page.emulate_media(media="print", color_scheme="dark")
    colour = "(selector, name) => getComputedStyle(document.querySelector(selector))[name]"
    assert page.evaluate(f"({colour})('html', 'backgroundColor')") == "rgb(255, 255, 255)"
    assert page.evaluate(f"({colour})('main', 'color')") == "rgb(27, 27, 25)"
    assert page.evaluate(f"({colour})('a', 'color')") == "rgb(43, 79, 208)"


@pytest.fixture
def long_ticket(people) -> int:
    """Create a ticket whose message fills several sheets."""
    return people["customer"].new_ticket(
        "A long story", "\n".join(f"Line {line} of it." for line in range(LINES))
    )


@pytest.mark.parametrize(("role", "path"), [("agent", "/desk/tickets/{}"), ("customer", "/help/tickets/{}")])
def test_a_ticket_is_printed_whole(role, path, open_as: Opener, long_ticket):
    page = open_as(role, path.format(long_ticket), color_scheme="dark")
    sheets = printed(page)
    text = " ".join(sheets)
    assert len(sheets) >= 4
    assert "A long story" in text
    assert all(f"Line {line} of it." in text for line in range(LINES))
    assert not [word for word in SHELL if word in text]
    in_light_colours(page)


@pytest.mark.parametrize(
    ("role", "path", "row"),
    [
        ("agent", "/desk/tickets/?state=open&size=50", "table.grid tbody tr .two a"),
        ("administrator", "/admin/audit-log/", "main tbody tr time"),
        ("administrator", "/admin/users/", "main tbody tr .two a"),
    ],
)
def test_a_list_is_printed_whole(role, path, row, open_as: Opener):
    page = open_as(role, path, color_scheme="dark")
    shown = page.locator(row).all_inner_texts()
    # A PDF has ligatures and right-to-left text in an order of its own, and lines that end within a word.
    rows = ["".join(text.split()) for text in shown if text.isascii()]
    sheets = printed(page)
    text = " ".join(sheets)
    assert len(rows) > 5
    squeezed = "".join(text.split())
    missing = [each for each in rows if each not in squeezed]
    assert missing == []
    assert not [word for word in SHELL if word in text]
    in_light_colours(page)


def test_the_dashboard_is_printed_whole(open_as: Opener):
    page = open_as("manager", "/reports/", color_scheme="dark")
    page.locator(".chart-priority .point").first.wait_for(state="attached")
    expect(page.locator("[data-tile=created] .tile-value")).to_have_text(re.compile(r"\d"))
    titles = page.locator(".tile > h2, .chart-head h2").all_inner_texts()
    text = " ".join(printed(page))
    assert len(titles) == 13
    assert [title for title in titles if title not in text] == []
    for label in ("Urgent", "Billing", "Mon", "Sun"):
        assert label in text
    assert not [word for word in SHELL if word in text]
    in_light_colours(page)
