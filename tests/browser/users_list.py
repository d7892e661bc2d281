"""Helpers for the list of users in a browser."""

import time
from collections.abc import Callable

from playwright.sync_api import Locator, Page

from tests.patience import PATIENCE


def until(met: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Repeat until a condition holds: processes may cache lists and roles for a few seconds."""
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "this did not come true"


def listed(page: Page, name: str) -> Locator:
    """Search a user's name until the list has them, and find their row: a new user is not there at once."""
    row = page.locator("tr", has_text=name)
    until(lambda: page.goto(f"/admin/users/?search={name.split()[0]}").ok and row.count() == 1)
    return row


def edit(page: Page, name: str) -> None:
    """Open the form of a user, as soon as the list has them."""
    listed(page, name).get_by_role("link", name=f"Edit {name}").click()
