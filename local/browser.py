"""Debian's Chromium: its headless shell if there is one, else the whole browser.

Both show a page with the same engine. The shell has no windows to draw it into, and so does a page's
work in two thirds of the time (measured with the browser tests).
"""

import shutil

PROGRAMS = ("chromium-headless-shell", "chromium")
MISSING = "chromium is missing: install Debian's chromium-headless-shell"


def find_chromium() -> str | None:
    """Give the path of the browser to show pages with; None if the machine has none."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)
