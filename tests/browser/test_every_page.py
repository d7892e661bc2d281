"""Every page in both sizes and both themes: nothing sideways, nothing broken, readable and reachable."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.checks import COLOURS, SIZES, THEMES, focus_problems, problems
from tests.browser.conftest import Opener

TICKETS = "/desk/tickets/"
PAGES = {
    None: ("/login", "/login?next=/desk/new", "/style"),
    "customer": ("/help/", "/help/tickets", "/help/tickets?state=solved", "/help/new", "a ticket"),
    "agent": (
        TICKETS,
        f"{TICKETS}?state=open",
        f"{TICKETS}?state=done&priority=high&priority=urgent&team=billing&created.from=2020-01-01",
        f"{TICKETS}?status=new&category=refunds&team=devices",
        f"{TICKETS}1",
        f"{TICKETS}60",
        "/desk/new",
    ),
    "manager": ("/reports/", "/reports/?period=90d&team=billing&team=devices", TICKETS, "/admin/users/"),
    "administrator": (
        "/admin/users/",
        "/admin/users/?search=nobody",
        "/admin/users/new/",
        "a person",
        "/admin/roles/",
        "/admin/roles/?role=manager",
        "/admin/roles/new/",
        "/admin/teams/",
        "/admin/teams/new/",
        "/admin/categories/",
        "/admin/categories/edit/?id=refunds",
    ),
}
REFUSED = (
    (None, "/nothing", 404),
    ("customer", "/help/tickets/999999", 404),
    ("customer", "/admin/users/", 403),
    ("agent", f"{TICKETS}999999", 404),
    ("agent", f"{TICKETS}?cursor=wrong", 400),
)
STOPS = 8


def named(value: object) -> str | None:
    """Name a test's page."""
    return "nobody" if value is None else value if isinstance(value, str) else None


def in_all_variants(page: Page, load: Callable[[], object], within: str | None = None) -> list[str]:
    """Load a page in both sizes, look at it (or at a part) in both themes, and list what is wrong."""
    found = []
    for size in SIZES:
        page.set_viewport_size(size)
        load()
        if "/reports/" in page.url:
            page.locator("[data-tile=created] .tile-value").wait_for()
            page.locator(".chart .lines path").first.wait_for(state="attached")
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            variant = f"{size['width']} {theme}"
            found += problems(page, variant, COLOURS if theme == "dark" else {}, within)
    return found


@pytest.mark.parametrize(
    ("role", "path"), [(role, path) for role, paths in PAGES.items() for path in paths], ids=named
)
def test_a_page_is_sound_in_every_variant(role, path, open_as: Opener):
    page = open_as(role)
    if path == "a ticket":
        page.goto("/help/")
        path = page.locator("a.ask").first.get_attribute("href")
    elif path == "a person":
        page.goto("/admin/users/?search=Ben")
        path = page.get_by_role("link", name="Edit Ben Demo").get_attribute("href")
    assert in_all_variants(page, lambda: page.goto(path)) == []
    # The desktop page was loaded last and nothing has been touched since.
    page.emulate_media(color_scheme="light")
    assert focus_problems(page, STOPS) == []


@pytest.mark.parametrize(("role", "path", "status"), REFUSED, ids=named)
def test_a_refusal_is_a_page_like_any_other(role, path, status, open_as: Opener, watch):
    watch.expected.add(status)
    page = open_as(role)
    assert in_all_variants(page, lambda: page.goto(path)) == []
    assert page.goto(path).status == status
    text = page.locator("main").inner_text()
    assert "Traceback" not in text
    assert len(text) > 20


def conflict(page: Page, people) -> None:
    """Lead a page to the conflict page."""
    number = people["customer"].new_ticket("Seen in every variant")
    page.goto(f"{TICKETS}{number}")
    people["manager"].update(number, priority="high", seen_priority="normal")
    if page.viewport_size["width"] < 1200:
        page.get_by_role("button", name="Properties and requester").click()
    for label, words in (("Priority", "Urgent"), ("Category", "Refunds")):
        page.get_by_label(label).select_option(label=words)
    page.get_by_role("button", name="Save changes").click()
    page.locator(".clash").wait_for()


def test_the_conflict_page_is_sound_in_every_variant(open_as: Opener, watch, people):
    watch.expected.add(409)
    page = open_as("agent")
    assert in_all_variants(page, lambda: conflict(page, people)) == []


def worked(page: Page, people) -> None:
    """Lead a page to a ticket with folded, undone and open changes, and a message that offers undo."""
    number = people["customer"].new_ticket("Worked on in every variant")
    for was, value in (("normal", "low"), ("low", "high"), ("high", "urgent")):
        people["manager"].update(number, priority=value, seen_priority=was)
    people["manager"].post("/desk/undo", change=f"{number}:4")
    page.goto(f"{TICKETS}{number}")
    page.get_by_label("Message", exact=True).fill("It is done.")
    page.get_by_role("button", name="Send and change the status").click()
    page.get_by_role("button", name="Solved", exact=True).click()
    page.locator("#toasts").get_by_role("button", name="Undo").wait_for()
    page.locator(".folded summary").first.click()


def refused(page: Page, people) -> None:
    """Lead a page to a property form that came back with what is wrong with it."""
    number = people["customer"].new_ticket("Refused in every variant")
    page.goto(f"{TICKETS}{number}")
    people["manager"].update(number, status="closed", seen_status="new")
    page.evaluate("""() => {
      const field = document.querySelector('#p-status');
      field.value = 'pending';
      document.querySelector('[data-properties] [name=version]').value = '2';
      document.querySelector('[name=seen_status]').value = 'closed';
      field.form.submit();
    }""")
    page.locator("#p-status-error").wait_for()


@pytest.mark.parametrize("lead", [worked, refused])
def test_a_ticket_in_use_is_sound_in_every_variant(lead, open_as: Opener, watch, people):
    watch.expected.add(400)
    page = open_as("agent")
    assert in_all_variants(page, lambda: lead(page, people)) == []


OPENED = {
    "filter": "#filters .chip.add",
    "editor": "td.s button.ed",
    "account": "[popovertarget=me-menu]",
    "bulk": "table.grid [name=rowid]",
}
OPEN = ".pop:popover-open, [data-bulk]:not([hidden])"


@pytest.mark.parametrize("part", OPENED)
def test_what_opens_over_the_list_is_sound_in_every_variant(part, open_as: Opener):
    page = open_as("agent")

    def opened() -> None:
        page.goto(f"{TICKETS}?state=open")
        if part == "account" and page.viewport_size["width"] < 760:
            page.get_by_role("button", name="Open navigation").click()
        page.locator(OPENED[part]).first.click()
        page.locator(OPEN).first.wait_for()

    assert in_all_variants(page, opened, OPEN) == []


@pytest.mark.parametrize("part", ["explain-created", "priority-options"])
def test_what_opens_over_a_dashboard_is_sound_in_every_variant(part, open_as: Opener):
    page = open_as("manager")

    def opened() -> None:
        page.goto("/reports/")
        page.locator("[data-tile=created] .tile-value").wait_for()
        page.locator(f"[popovertarget={part}]").first.click()
        page.locator(f"#{part}").wait_for()

    assert in_all_variants(page, opened, f"#{part}") == []


@pytest.mark.parametrize(
    ("role", "path"), [("customer", "/help/"), ("agent", TICKETS), ("manager", "/reports/")]
)
def test_the_first_stop_skips_to_the_content(role, path, open_as: Opener):
    page = open_as(role, path)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


@pytest.mark.parametrize(("role", "path"), [("customer", "/help/"), ("agent", TICKETS)])
def test_a_theme_is_kept_over_reloads(role, path, open_as: Opener):
    page = open_as(role, path, color_scheme="light")
    html = page.locator("html")
    background = "() => getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    for choice, theme in (("Dark", "dark"), ("Light", "light"), ("System", "system")):
        page.locator("[popovertarget=me-menu]").click()
        with page.expect_response(re.compile("/preferences/theme")):
            page.get_by_role("button", name=choice, exact=True).click()
        expect(html).to_have_attribute("data-theme", theme)
        for _ in range(3):
            page.reload()
            expect(html).to_have_attribute("data-theme", theme)
        assert (page.evaluate(background) == light) == (theme != "dark")
