"""A user with only a keyboard; the focus must be visible at every stop."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.checks import inspect

HAS_FOCUS = "nodes => nodes.some(node => node === document.activeElement)"
SOMEWHERE = "() => document.activeElement !== document.body"


class Keyboard:
    """Presses keys on a page and checks the focus at every stop."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def press(self, key: str) -> None:
        """Press a key, or several at once: "Shift+Tab"."""
        self._page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type where the focus is, which must be visible."""
        self.look()
        self._page.keyboard.type(text)

    def look(self) -> None:
        """Fail unless the focus is visible, in the window, uncovered and outlined."""
        complaints = inspect(self._page, "focus")
        assert not complaints, "\n".join(complaints)

    def to(self, role: Any, name: str | re.Pattern[str], stops: int = 60, *, key: str = "Tab") -> Locator:
        """Press Tab until the control of this role and name has the focus, and return it."""
        exact = isinstance(name, str)
        return self.reach(self._page.get_by_role(role, name=name, exact=exact), stops, key=key)

    def reach(self, target: Locator, stops: int = 60, *, key: str = "Tab") -> Locator:
        """Press Tab, at most `stops` times, until one of these has the focus."""
        for stop in range(stops + 1):
            if self._page.evaluate(SOMEWHERE):
                self.look()
                if target.evaluate_all(HAS_FOCUS):
                    return target
            if stop < stops:
                self.press(key)
        pytest.fail(f"{target} was not reached with {stops} times {key}")

    def enter(self, role: Any, name: str | re.Pattern[str], stops: int = 60, *, key: str = "Tab") -> None:
        """Go to a control and press Enter on it."""
        self.to(role, name, stops, key=key)
        self.press("Enter")

    def follow(self, role: Any, name: str | re.Pattern[str], stops: int = 60) -> None:
        """Go to a link or a button, press Enter on it and wait for the page it leads to."""
        self.to(role, name, stops)
        with self._page.expect_navigation():
            self.press("Enter")

    def fill(self, label: str | re.Pattern[str], text: str) -> None:
        """Go to a field by its label and type; in a list of choices this chooses."""
        self.reach(self._page.get_by_label(label, exact=isinstance(label, str)))
        self.type(text)

    def sign_in(self, email: str, password: str, lands: str) -> None:
        """Sign in on the page that is open."""
        self.fill("Email", email)
        self.press("Tab")
        self.type(password)
        self.press("Enter")
        self._page.wait_for_url(lambda url: urlsplit(url).path == lands)
        expect(self._page.get_by_role("heading", level=1)).to_be_visible()
