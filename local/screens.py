"""Photograph every page of a seeded instance in four variants: `make screens` writes them to var/screens/."""

import sys

from playwright.sync_api import Browser, Page

from local.settings import ROOT
from local.showing import SIZES, NoChromiumError, chromium, instance, opened, sign_in

TARGET = ROOT / "var" / "screens"
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
    TARGET.mkdir(parents=True, exist_ok=True)
    try:
        with chromium() as browser, instance() as address:
            for theme in ("light", "dark"):
                for width in SIZES:
                    _photograph(browser, address, theme, width)
    except NoChromiumError as missing:
        print(f"screens: {missing}", file=sys.stderr)
        return 1
    print(f"{len(PAGES) * 2 * len(SIZES)} photographs in {TARGET.relative_to(ROOT)}")
    return 0


def _photograph(browser: Browser, address: str, theme: str, width: int) -> None:
    pages: dict[str | None, Page] = {}
    for name, role, path in PAGES:
        if role not in pages:
            pages[role] = opened(browser, address, width, theme=theme)
            sign_in(pages[role], role)
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


if __name__ == "__main__":
    sys.exit(main())
