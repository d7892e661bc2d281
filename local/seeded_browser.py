"""What shows the product to a browser on the command line: a seeded instance, Chromium, a signed-in page."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from local.browser import MISSING, find_chromium
from local.ports import free_port
from local.settings import ROOT

PASSWORD = "correct horse battery staple"  # noqa: S105 - of an instance that lives for a minute
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
# One that nobody asks: only its button is shown.
PROVIDER = {
    "OIDC_PROVIDERS": "verdanta",
    "OIDC_VERDANTA_ISSUER": "http://127.0.0.1:9",
    "OIDC_VERDANTA_CLIENT_ID": "ledgerdesk",
    "OIDC_VERDANTA_CLIENT_SECRET": "shown nowhere",
    "OIDC_VERDANTA_DOMAINS": "verdanta.example",
}
SIZES = {1440: 900, 390: 844}
NARROW = 390
READY_SECONDS = 60.0


class NoChromiumError(RuntimeError):
    """Say that Chromium is missing, and how to get it."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Debian's Chromium; raises NoChromiumError."""
    path = find_chromium()
    if path is None:
        raise NoChromiumError(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def instance() -> Iterator[str]:
    """Run the product on a folder of its own, with its demo, and give its address."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        environment = os.environ | {
            "DATA_DIR": f"{folder}/data",
            "PORT": str(port),
            "DEMO_PASSWORD": PASSWORD,
            **PROVIDER,
        }
        output = Path(folder) / "output"
        with output.open("wb") as written:
            command = [sys.executable, "-m", "local"]
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=written, stderr=subprocess.STDOUT
            )
        try:
            _wait(process, output)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(READY_SECONDS)


def _wait(process: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while "ready at" not in output.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"the product did not start:\n{output.read_text()}")
        time.sleep(0.05)


def opened(browser: Browser, address: str, width: int, **options: Any) -> Page:
    """Open a page in a browser of its own; `theme` and Playwright's other options as named."""
    options["color_scheme"] = options.pop("theme", "light")
    context = browser.new_context(
        base_url=address, viewport={"width": width, "height": SIZES[width]}, **options
    )
    return context.new_page()


def sign_in(page: Page, role: str | None) -> None:
    """Sign in the demo account of a role, or nobody."""
    if role is None:
        return
    page.goto("/login")
    page.get_by_label("Email").fill(f"{role}@demo.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_load_state("networkidle")
