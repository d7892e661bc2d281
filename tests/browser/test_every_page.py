"""Every page in both sizes and themes, and zoomed in: accessible, readable, stable and light.

Each run checks one theme per size and one zoom in rotation: see tests/rotation.py.
"""

import re

import pytest
from playwright.sync_api import Page, Route, ViewportSize, expect

from tests.browser.checks import DESKTOP, PHONE, focus_problems, jumps, problems, ready, zoom_problems
from tests.browser.conftest import Lender, Opener
from tests.browser.page_weight import Wire
from tests.browser.users_list import listed

TICKETS = "/desk/tickets/"
FILTERED = f"{TICKETS}?state=done&priority=high&priority=urgent&team=billing&created.from=2020-01-01"
PAGES = {
    None: ("/login", "/login?next=/desk/new", "/style", "/forgot", "/mailbox/", "/register"),
    "customer": (
        "/help/",
        "/help/tickets",
        "/help/tickets?state=solved",
        "/help/new",
        "a ticket",
        "/account/",
    ),
    "agent": (
        "/desk/teams/billing",
        "a requester",
        "/account/prove",
        TICKETS,
        f"{TICKETS}?state=open",
        FILTERED,
        f"{TICKETS}?status=new&category=refunds&team=devices",
        f"{TICKETS}1",
        f"{TICKETS}60",
        "/desk/new",
        "/account/",
        "/account/second-factor",
        "/account/tokens/",
    ),
    "manager": ("/reports/", "/reports/?period=90d&team=billing&team=devices", TICKETS, "/admin/users/"),
    "administrator": (
        "/admin/users/",
        "/admin/users/?search=nobody",
        "/jump?q=an",
        "/admin/users/new/",
        "/admin/users/import/",
        "a person",
        "/admin/roles/",
        "/admin/roles/?role=manager",
        "/admin/roles/edit/?id=agent",
        "/admin/sessions/",
        "/admin/sessions/?q=a",
        "a person's sessions",
        "a person's privacy",
        "view as a person",
        "/admin/roles/new/",
        "/admin/access/",
        "/admin/emails/",
        "/admin/organizations/",
        "/admin/organizations/new/",
        "/admin/teams/",
        "/admin/teams/new/",
        "/admin/categories/",
        "/admin/categories/edit/?id=refunds",
        "/admin/tokens/",
        "/admin/audit-log/",
        "/api/v1/docs",
        "/api/v1/docs/change",
    ),
}
REFUSED = (
    (None, "/nothing", 404),
    (None, "/account/reset/wrong", 400),
    (None, "/login/from/corp", 400),
    ("customer", "/help/tickets/999999", 404),
    ("customer", "/admin/users/", 403),
    ("agent", f"{TICKETS}999999", 404),
    ("agent", f"{TICKETS}?cursor=wrong", 400),
)
# How often Tab is pressed; the first stops are the navigation, or the content when zoomed in.
STOPS = 8
ZOOMED_STOPS = 16
KB = 1024
# Limits of the first view of a page in KB over the wire, with its HTML, by path.
FIRST = (("/help/", 120), ("/login", 120), ("/reports/", 1600), ("/", 250))
REPEAT = 30


def named(value: object) -> str | None:
    """Return the id of a test parameter."""
    return "nobody" if value is None else value if isinstance(value, str) else None


def weights(wire: Wire, path: str, first: int) -> list[str]:
    """List where a page exceeds its limits: in the second view, just loaded, and the first (in bytes)."""
    complaints = []
    allowed = next(kilobytes for place, kilobytes in FIRST if path.startswith(place))
    if first > allowed * KB:
        complaints.append(f"the first view takes {first / KB:.0f} KB, allowed are {allowed}")
    if wire.other_bytes > REPEAT * KB:
        complaints.append(f"beside the page a second view takes {wire.other_bytes / KB:.0f} KB")
    foreign = r"jquery" if path.startswith("/reports/") else r"jquery|plotly|_dash"
    return complaints + [address for address in wire.addresses if re.search(foreign, address, re.IGNORECASE)]


def everything(page: Page, path: str) -> list[str]:
    """Load a page on a desktop, then on a phone, which is then zoomed in.

    Run every check on both; list what is wrong.
    """
    wire = Wire(page)
    wire.forget()
    complaints = seen_at(DESKTOP, page, path, wire)
    first = wire.page_bytes + wire.other_bytes
    complaints += focus_problems(page, STOPS)
    complaints += seen_at(PHONE, page, path, wire) + weights(wire, path, first) + zoom_problems(page)
    seen = focus_problems(page, ZOOMED_STOPS)
    return complaints + [f"{page.viewport_size['width']}: {text}" for text in seen]


def seen_at(size: ViewportSize, page: Page, path: str, wire: Wire) -> list[str]:
    """Load a page in a window of this size, counting its bytes, and list what is wrong with it."""
    page.set_viewport_size(size)
    wire.start()
    page.goto(path)
    ready(page)
    wire.settle()
    return [f"{size['width']}: {text}" for text in jumps(page) + problems(page)]


@pytest.mark.parametrize(
    ("role", "path"), [(role, path) for role, paths in PAGES.items() for path in paths], ids=named
)
def test_a_page_is_sound(role, path, page_of: Lender, people, live_server):
    page = page_of(role)
    if path == "a ticket":
        page.goto("/help/")
        path = page.locator("a.ticket-card").first.get_attribute("href")
    elif path == "a requester":
        page.goto("/jump?q=marta+demo")
        path = page.get_by_role("link", name="Marta Demo").get_attribute("href")
    elif path == "a person":
        invited = {"name": "Ivy Invited", "email": "ivy@new.example", "role_id": "agent"}
        people["administrator"].post("/admin/users/new/", **invited)
        path = listed(page, "Ivy Invited").get_by_role("link", name="Edit").get_attribute("href")
    elif path == "a person's privacy":
        page.goto("/admin/users/?search=Ben")
        page.get_by_role("link", name="Edit Ben Demo").click()
        path = page.get_by_role("link", name="Privacy").get_attribute("href")
    elif path in ("a person's sessions", "view as a person"):
        page.goto("/admin/sessions/?q=agent@demo.example")
        if path.startswith("view"):
            page.get_by_role("link", name="View as Ben Demo").click()
        path = page.url[len(live_server.url) :]
    elif path == "/register":
        rules = people["administrator"].http.get("/admin/access/").text()
        version = re.search(r'name="version" value="(\d+)"', rules)[1]
        people["administrator"].post("/admin/access/", registration="on", version=version)
    complaints = everything(page, path)
    assert not complaints, "\n".join(complaints)


def test_characters_of_all_europe_keep_a_page_light(open_as: Opener, people):
    number = people["customer"].new_ticket("Łódź, Ștefan, Çağla, Ǎ for 5 ₽")
    page = open_as("customer")
    wire = Wire(page)
    wire.start()
    page.goto(f"/help/tickets/{number}")
    ready(page)
    wire.settle()
    assert set(re.findall("inter-[a-z]+", str(wire.addresses))) == {
        "inter-latin",
        "inter-europe",
        "inter-rare",
    }
    assert wire.page_bytes + wire.other_bytes <= dict(FIRST)["/help/"] * KB


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("customer", "/help/new"),
        ("agent", FILTERED),
        ("agent", f"{TICKETS}1"),
        ("administrator", "/admin/roles/"),
    ],
)
def test_a_font_that_comes_late_moves_nothing(role, path, open_as: Opener):
    page = open_as(role)
    held: list[Route] = []
    page.route("**/*.woff2", lambda route: held.append(route))
    page.goto(path, wait_until="domcontentloaded")
    assert not jumps(page)
    assert held
    for route in held:
        route.continue_()
    page.wait_for_load_state()
    page.evaluate("document.fonts.ready")
    assert not jumps(page)


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("agent", TICKETS),
        ("administrator", "/admin/users/"),
        ("administrator", "/admin/roles/"),
        ("administrator", "/admin/roles/edit/?id=agent"),
        ("administrator", "/admin/roles/new/"),
        ("administrator", "/admin/audit-log/"),
    ],
)
def test_columns_stand_before_their_rows_come(role, path, page_of: Lender):
    page = page_of(role)
    page.set_viewport_size(DESKTOP)
    page.goto(path)
    widths = "() => [...document.querySelectorAll('thead th')].map(th => th.getBoundingClientRect().width)"
    whole = page.evaluate(widths)
    page.evaluate("() => document.querySelectorAll('tbody').forEach(body => body.remove())")
    assert len(whole) > 2
    assert page.evaluate(widths) == whole


@pytest.mark.parametrize(("role", "path", "status"), REFUSED, ids=named)
def test_a_refusal_is_a_page_like_any_other(role, path, status, page_of: Lender, watch):
    watch.expected.add(status)
    page = page_of(role)
    complaints = everything(page, path)
    assert not complaints, "\n".join(complaints)
    assert page.goto(path).status == status
    text = page.locator("main").inner_text()
    assert "Traceback" not in text
    assert len(text) > 20


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
