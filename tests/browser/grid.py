"""Helpers for the ticket grid in a browser."""

import re

from playwright.sync_api import Locator, Page, expect

OPEN = "/desk/tickets/?state=open"


def row(page: Page, number: int) -> Locator:
    """Find a ticket's row."""
    return page.locator("table.grid tbody tr", has=page.get_by_label(f"Select #{number}", exact=True))


def cell(page: Page, number: int, name: str) -> Locator:
    """Find an editable cell of a ticket's row: "status", "priority" or "assignee"."""
    return row(page, number).locator(f"td.{name[0]} button.ed")


def editor(page: Page, label: str, number: int) -> Locator:
    """Find the open editor of a cell."""
    return page.get_by_role("combobox", name=f"{label}, #{number}")


def saved(page: Page, number: int, **values: str) -> None:
    """Wait until cells show these values and nothing is being saved."""
    for name, words in values.items():
        expect(cell(page, number, name)).to_contain_text(words)
        expect(cell(page, number, name)).not_to_have_class(re.compile("saving"))
