"""Photograph every page of a seeded instance in four variants: `make screens` writes them to var/screens/."""

import sys

from playwright.sync_api import Browser, Page

from local.seeded_browser import NARROW, SIZES, NoChromiumError, chromium, instance, opened, sign_in
from local.settings import ROOT
from portal.config.private_files import write_privately

TARGET = ROOT / "var" / "screens"
# The name of a drawing, the role that sees the page, and its path; a drawing without a page has no row.
PAGES = (
    ("signin", None, "/login"),
    ("sign-on-failed", None, "/login/from/verdanta"),
    ("style", None, "/style"),
    ("register", None, "/register"),
    ("forgot", None, "/forgot"),
    ("mailbox", None, "/mailbox/"),
    ("help-account", "customer", "/account/"),
    ("account", "agent", "/account/"),
    ("tokens", "agent", "/account/tokens/"),
    ("admin-tokens", "administrator", "/admin/tokens/"),
    ("second-factor", "agent", "/account/second-factor"),
    ("audit-log", "administrator", "/admin/audit-log/"),
    ("api-docs", "administrator", "/api/v1/docs/change"),
    ("help-home", "customer", "/help/"),
    ("help-tickets", "customer", "/help/tickets"),
    ("help-new", "customer", "/help/new"),
    ("help-ticket", "customer", "/help/"),
    ("desk", "agent", "/desk/tickets/?state=open"),
    ("ticket", "agent", "/desk/tickets/3"),
    ("ticket-new", "agent", "/desk/new"),
    ("empty", "agent", "/desk/tickets/?state=open&created.to=2001-01-01"),
    ("error-404", "agent", "/desk/nowhere"),
    ("call", "agent", "/desk/new?channel=phone"),
    ("requester", "agent", "/desk/tickets/3"),
    ("team", "manager", "/desk/teams/billing"),
    ("error-403", "agent", "/admin/users/"),
    ("dashboard", "manager", "/reports/"),
    ("users", "administrator", "/admin/users/"),
    ("user-new", "administrator", "/admin/users/new/"),
    ("people-import", "administrator", "/admin/users/import/"),
    ("roles", "administrator", "/admin/roles/"),
    ("role-security", "administrator", "/admin/roles/edit/?id=agent"),
    ("sessions", "administrator", "/admin/sessions/?q=a"),
    ("person-sessions", "administrator", "/admin/sessions/?q=agent@demo.example"),
    ("prove", "administrator", "/account/prove"),
    ("role-new", "administrator", "/admin/roles/new/"),
    ("access", "administrator", "/admin/access/"),
    ("emails", "administrator", "/admin/emails/"),
    ("organizations", "administrator", "/admin/organizations/"),
    ("organization-new", "administrator", "/admin/organizations/new/"),
    ("teams", "administrator", "/admin/teams/"),
    ("categories", "administrator", "/admin/categories/"),
)


# States of a page with a drawing of their own: name, role, path, and what to press to get there.
STATES = (
    ("desk-edit", "agent", "/desk/tickets/?state=open", ("td.s button.ed",)),
    ("desk-chosen", "agent", "/desk/tickets/?state=open", ("tbody tr:nth-child(2) [name=rowid]",)),
    ("desk-columns", "agent", "/desk/tickets/?state=open", ("text=Columns",)),
    ("jump", "agent", "/desk/new", ("[data-nav-open]", "[data-jump]")),
    (
        "privacy",
        "administrator",
        "/admin/users/?search=Marta",
        ("[aria-label='Edit Marta Demo']", "text=Privacy"),
    ),
    ("ticket-panel", "agent", "/desk/tickets/3", ("[aria-label='Properties and requester']",)),
    ("dashboard-explained", "manager", "/reports/", ("button:has-text('Explain first response')",)),
)
FIRST_IN_CONFLICT = 60  # each variant needs a ticket of its own to disagree about


def main() -> int:
    """Take all photographs; return the exit code."""
    write_privately()
    TARGET.mkdir(parents=True, exist_ok=True)
    try:
        with chromium() as browser, instance() as address:
            _open_registration(browser, address)
            for theme in ("light", "dark"):
                for width in SIZES:
                    _photograph(browser, address, theme, width)
    except NoChromiumError as missing:
        print(f"screens: {missing}", file=sys.stderr)
        return 1
    print(f"{(len(PAGES) + len(STATES) + 1) * 2 * len(SIZES)} photographs in {TARGET.relative_to(ROOT)}")
    return 0


def _open_registration(browser: Browser, address: str) -> None:
    """Open registration to everybody, so that its page exists."""
    page = opened(browser, address, NARROW)
    sign_in(page, "administrator")
    page.goto("/admin/access/")
    page.get_by_label("Everybody").check()
    page.get_by_role("button", name="Save").click()
    page.context.close()


def _walk_on(page: Page, name: str) -> None:
    """Go on to pages whose address is not known in advance."""
    if name == "help-ticket":
        page.locator("a.ticket-card").first.click()
    if name == "requester":
        page.goto(page.locator(".requester a").first.get_attribute("href") or "")
    if name == "privacy":
        page.get_by_role("link", name="Edit Marta Demo").click()
        page.get_by_role("link", name="Privacy").click()
    if name == "dashboard":
        page.locator(".tile-value").first.wait_for()


def _photograph(browser: Browser, address: str, theme: str, width: int) -> None:
    pages: dict[str | None, Page] = {}
    for name, role, path in PAGES:
        if role not in pages:
            pages[role] = opened(browser, address, width, theme=theme)
            sign_in(pages[role], role)
        page = pages[role]
        page.goto(path)
        _walk_on(page, name)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=TARGET / f"{name}-{theme}-{width}.png")
    for name, role, path, presses in STATES:
        page = pages[role]
        page.goto(path)
        for selector in presses:
            button = page.locator(selector).first
            if role == "manager":
                button.wait_for()  # Dash renders it
            if button.is_visible():  # what is not there at this width needs no press
                button.click()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=TARGET / f"{name}-{theme}-{width}.png")
    _photograph_conflict(pages["agent"], pages["manager"], theme, width)
    for page in pages.values():
        page.context.close()


def _photograph_conflict(mine: Page, theirs: Page, theme: str, width: int) -> None:
    """Let two people change the same ticket, and photograph the page on which the second one decides."""
    number = FIRST_IN_CONFLICT + (theme == "dark") * 2 + (width == NARROW)
    for page in (mine, theirs):
        page.goto(f"/desk/tickets/{number}")
        if width == NARROW:
            page.get_by_role("button", name="Properties and requester").click()
    present = mine.get_by_label("Priority").input_value()
    other, another = [label for label in ("Low", "Urgent", "Normal") if label.lower() != present][:2]
    _save(theirs, Priority=other, Assignee="Grace Chen")
    _save(mine, Priority=another, Category="Refunds")
    mine.locator(".conflict").wait_for()
    mine.screenshot(path=TARGET / f"conflict-{theme}-{width}.png")


def _save(page: Page, **values: str) -> None:
    for label, value in values.items():
        choice = page.locator(".prop-form").get_by_role("combobox", name=label)
        if choice.evaluate("(field) => field.tagName") == "SELECT":
            choice.select_option(label=value)
        else:
            choice.fill(value)
            page.get_by_role("option", name=value).first.click()
    page.get_by_role("button", name="Save changes").click()
    page.wait_for_load_state("networkidle")


if __name__ == "__main__":
    sys.exit(main())
