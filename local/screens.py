"""Photograph every page of a seeded instance in four variants: `make screens` writes them to var/screens/."""

import os
import shutil
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

from local.ports import free_port
from local.settings import ROOT

TARGET = ROOT / "var" / "screens"
PASSWORD = "correct horse battery staple"  # noqa: S105 - of an instance that lives for a minute
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
SIZES = {1440: 900, 390: 844}
READY_SECONDS = 60.0
# The name of a drawing, who sees the page, and where it is; a drawing without a page yet has no row.
PAGES = (
    ("signin", None, "/login"),
    ("style", None, "/style"),
    ("help-home", "customer", "/help/"),
    ("help-tickets", "customer", "/help/tickets"),
    ("help-new", "customer", "/help/new"),
    ("help-ticket", "customer", "/help/"),
    ("desk", "agent", "/desk/tickets/?state=open"),
    ("ticket", "agent", "/desk/tickets/3"),
    ("ticket-new", "agent", "/desk/new"),
    ("empty", "agent", "/desk/tickets/?state=open&created.to=2001-01-01"),
    ("error-404", "agent", "/desk/nowhere"),
    ("dashboard", "manager", "/reports/"),
    ("users", "administrator", "/admin/users/"),
    ("user-new", "administrator", "/admin/users/new/"),
    ("roles", "administrator", "/admin/roles/"),
    ("role-new", "administrator", "/admin/roles/new/"),
    ("teams", "administrator", "/admin/teams/"),
    ("categories", "administrator", "/admin/categories/"),
)


def main() -> int:
    """Take all photographs; returns the exit code."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("screens: chromium is missing: install Debian's chromium", file=sys.stderr)
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    with _instance() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        for theme in ("light", "dark"):
            for width in SIZES:
                _photograph(browser, address, theme, width)
        browser.close()
    print(f"{len(PAGES) * 2 * len(SIZES)} photographs in {TARGET.relative_to(ROOT)}")
    return 0


@contextmanager
def _instance() -> Iterator[str]:
    """Run the product on a folder of its own, with its demo, and give its address."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        environment = os.environ | {
            "DATA_DIR": f"{folder}/data",
            "PORT": str(port),
            "ENGINE_PORT": str(free_port()),
            "DEMO_PASSWORD": PASSWORD,
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
            raise SystemExit(f"screens: the product did not start:\n{output.read_text()}")
        time.sleep(0.05)


def _photograph(browser: Browser, address: str, theme: str, width: int) -> None:
    pages: dict[str | None, Page] = {}
    for name, role, path in PAGES:
        if role not in pages:
            pages[role] = _open(browser, address, theme, width, role)
        page = pages[role]
        page.goto(path)
        if name == "help-ticket":
            page.locator("a.ask").first.click()
        if name == "dashboard":
            page.locator(".tile-value").first.wait_for()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=TARGET / f"{name}-{theme}-{width}.png")
    for page in pages.values():
        page.context.close()


def _open(browser: Browser, address: str, theme: Any, width: int, role: str | None) -> Page:
    context = browser.new_context(
        base_url=address, color_scheme=theme, viewport={"width": width, "height": SIZES[width]}
    )
    page = context.new_page()
    if role is not None:
        page.goto("/login")
        page.get_by_label("E-mail").fill(f"{role}@demo.example")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Continue").click()
        page.wait_for_load_state("networkidle")
    return page


if __name__ == "__main__":
    sys.exit(main())
