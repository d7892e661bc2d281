"""One playwright driver per process, whoever starts browsers in it: a second one would refuse to start."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_running: list[Any] = []
_users = 0


@contextmanager
def playwright() -> Iterator[Any]:
    """Gives the driver that runs, or starts it; it stops with the last one who uses it."""
    global _users
    if not _users:
        from playwright.sync_api import sync_playwright

        _running.append(sync_playwright().start())
    _users += 1
    try:
        yield _running[0]
    finally:
        _users -= 1
        if not _users:
            _running.pop().stop()
