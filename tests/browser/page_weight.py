"""What a page costs over the wire, as Chromium counts it: every response, compressed, with its headers."""

import time
from typing import Any

from playwright.sync_api import Page

from tests.patience import PATIENCE

SETTLING_MS = 10


class Wire:
    """Counts the bytes that a page receives."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._session = page.context.new_cdp_session(page)
        self._session.send("Network.enable")
        self._session.on("Network.requestWillBeSent", self._sent)
        self._session.on("Network.loadingFinished", self._finished)
        self._session.on("Network.loadingFailed", lambda event: self._open.pop(event["requestId"], None))
        self._open: dict[str, str] = {}
        self._types: dict[str, str] = {}
        self.addresses: list[str] = []
        self.page_bytes = 0
        self.other_bytes = 0

    def _sent(self, event: dict[str, Any]) -> None:
        self._open[event["requestId"]] = event["request"]["url"]
        self._types[event["requestId"]] = event.get("type", "")
        self.addresses.append(event["request"]["url"])

    def _finished(self, event: dict[str, Any]) -> None:
        self._open.pop(event["requestId"], None)
        if self._types.get(event["requestId"]) == "Document":
            self.page_bytes += int(event["encodedDataLength"])
        else:
            self.other_bytes += int(event["encodedDataLength"])

    def forget(self) -> None:
        """Empty the browser's cache: the next view is a first view."""
        self._session.send("Network.clearBrowserCache")

    def start(self) -> None:
        """Start counting from zero."""
        self._open.clear()  # requests that an earlier page left open do not count
        self.addresses.clear()
        self.page_bytes = self.other_bytes = 0

    def settle(self) -> None:
        """Wait until every request has finished."""
        deadline = time.monotonic() + PATIENCE
        # Fonts are requested when text is laid out, which may be after the page has loaded.
        self._page.evaluate("() => document.body.offsetHeight && document.fonts.ready.then(() => {})")
        self._page.wait_for_timeout(SETTLING_MS)
        while self._open:
            assert time.monotonic() < deadline, f"never came: {self._open}"
            self._page.wait_for_timeout(SETTLING_MS)
