"""Readable names of browsers and systems from the User-Agent header."""

import re

# The order decides: Edge and Opera call themselves Chrome, Chrome calls itself Safari.
BROWSERS = (
    ("Edge", r"\bEdg(?:A|iOS)?/"),
    ("Opera", r"\bOPR/"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Firefox", r"\b(?:Firefox|FxiOS)/"),
    ("Chrome", r"\b(?:HeadlessChrome|Chrome|CriOS)/"),
    ("Safari", r"\bVersion/[\d.]+ .*Safari/"),
)
SYSTEMS = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("Windows", r"\bWindows\b"),
    ("macOS", r"\bMacintosh\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("Linux", r"\bLinux\b"),
)


def name(user_agent: str) -> str:
    """Return a name such as "Firefox on Linux", or "A browser" if it is unknown."""
    browser = next((known for known, sign in BROWSERS if re.search(sign, user_agent)), "A browser")
    system = next((known for known, sign in SYSTEMS if re.search(sign, user_agent)), None)
    return f"{browser} on {system}" if system else browser
