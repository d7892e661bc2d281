"""The dashboard in Chromium under the portal's content policy: filters, drill-down, tables, small screens."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.analytics_dash.fakes import Site
from tests.analytics_dash.serving import DRAWN, serve

pytestmark = pytest.mark.browser
MOBILE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def served(bundle_folder) -> Iterator[tuple[str, Site]]:
    with serve(bundle_folder) as running:
        yield running.url, running.site


@pytest.fixture
def dashboard(page, served):
    """Open the dashboard and give a function that opens it at an address; no page may complain."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type in NOISE else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def visit(search: str = ""):
        page.goto(f"{served[0]}/reports/{search}")
        page.wait_for_selector(DRAWN, state="attached")
        return page

    yield visit
    assert complaints == []


NOISE = ("error", "warning")


def fields(page):
    return parse_qsl(urlsplit(page.url).query)


def test_filters_write_the_address_and_a_reload_keeps_them(dashboard, served):
    page = dashboard()
    page.click("text=90 d")
    page.wait_for_url("**/reports/?period=90d")
    page.click(".report-chip:has-text('Team')")
    page.click("#team-options >> text=Billing")
    page.wait_for_url("**team=t1")
    page.wait_for_selector("#team-said:has-text('Billing')")
    assert page.locator(".report-choice:popover-open").count() == 1  # more teams can be added at once
    page.click("#team-options >> text=Platform")
    page.wait_for_url("**team=t1&team=t2")
    assert fields(page) == [("period", "90d"), ("team", "t1"), ("team", "t2")]
    page.wait_for_selector("#team-said:has-text('2 chosen')")
    created = page.inner_text("[data-tile=created] .tile-value")
    page.reload()
    page.wait_for_selector(DRAWN, state="attached")
    assert page.inner_text("#team-said") == "2 chosen"
    assert page.inner_text("[data-tile=created] .tile-value") == created
    assert page.inner_text("#periods [aria-current]") == "90 d"
    page.click("text=Clear filters")
    page.wait_for_url(re.compile(r"/reports/$"))
    page.go_back()
    page.wait_for_selector("#team-said:has-text('2 chosen')")


def test_one_visit_is_one_question(dashboard, served):
    before = len(served[1].services.reporting.dashboards.asked)
    dashboard("?period=7d").wait_for_timeout(500)
    assert len(served[1].services.reporting.dashboards.asked) == before + 1


def test_a_custom_range_is_shared_by_its_address(dashboard):
    page = dashboard()
    page.click("text=Custom")
    page.wait_for_selector("#from", state="visible")
    page.fill("#from", "2026-11-02")
    page.wait_for_url("**from=2026-11-02&to=2026-11-23")
    page.wait_for_selector("#compared:has-text('vs 11 Oct')")
    page.fill("#from", "2026-11-30")
    page.wait_for_selector("#problem:has-text('ends before it starts'), #problem:has-text('in the future')")


def test_a_wrong_link_says_what_is_wrong(dashboard):
    page = dashboard("?period=soon&team=%3Cscript%3E")
    assert "not one of 7, 30 or 90 days" in page.inner_text("#problem")
    assert page.inner_text("#periods [aria-current]") == "30 d"


def test_a_bar_opens_its_tickets(dashboard):
    page = dashboard("?team=t1")
    page.locator(".chart-priority .point").nth(1).scroll_into_view_if_needed()
    box = page.locator(".chart-priority .point").nth(1).bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url("**/desk/tickets/**")
    assert dict(fields(page)) == {
        "counted": "created",
        "team": "t1",
        "priority": "high",
        "from": "2026-10-25",
        "to": "2026-11-23",
    }


def test_a_day_on_a_line_opens_its_tickets(dashboard):
    page = dashboard()
    area = page.locator(".chart-daily .nsewdrag").bounding_box()
    page.mouse.move(area["x"] + 2, area["y"] + area["height"] / 2)
    page.mouse.click(area["x"] + 2, area["y"] + area["height"] * 0.7)
    page.wait_for_url("**/desk/tickets/**")
    days = [value for name, value in fields(page) if name in ("from", "to")]
    assert len(days) == 2
    assert days[0] == days[1] < "2026-10-28"


def test_every_chart_can_be_read_and_followed_by_keyboard(dashboard):
    page = dashboard()
    toggles = page.locator(".as-table > summary")
    assert toggles.count() == 7
    for index in range(toggles.count()):
        toggles.nth(index).focus()
        page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelectorAll('.as-table[open] table').length === 7")
    assert page.locator("[data-table=daily] tbody tr").count() == 30
    page.locator("[data-table=priority] tbody a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/tickets/**")


def test_filters_work_by_keyboard_and_keep_the_focus(dashboard):
    page = dashboard()
    page.locator(".report-chip:has-text('Priority')").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.wait_for_url("**priority=urgent")
    page.wait_for_selector("#priority-said:has-text('Urgent')")
    page.wait_for_function("() => document.activeElement.dataset.nav === 'priorities-urgent'")
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.activeElement.matches('.report-chip')")
    assert page.locator(".report-choice:popover-open").count() == 0


def test_a_figure_explains_itself_and_gives_the_focus_back(dashboard):
    page = dashboard()
    button = page.locator("[data-tile=first_response] .explain-btn")
    button.focus()
    page.keyboard.press("Enter")
    panel = page.locator("#explain-first_response")
    panel.wait_for(state="visible")
    assert "first_response, version 3" in panel.inner_text()
    tile = "getComputedStyle(document.querySelector('[data-tile=first_response]')).backgroundColor"
    page.wait_for_function(f"() => {tile} === 'rgb(235, 239, 253)'")
    page.keyboard.press("Escape")
    panel.wait_for(state="hidden")
    assert button.evaluate("button => button === document.activeElement")
    page.wait_for_function(f"() => {tile} !== 'rgb(235, 239, 253)'")


def test_the_heatmap_says_what_a_cell_counts(dashboard):
    page = dashboard()
    cells = page.locator("#heat i")
    assert cells.count() == 168
    counted = int(page.locator("#heat-most").inner_text())
    tips = [cell.get_attribute("data-tip") for cell in cells.all()]
    assert max(int(tip.split()[-2]) for tip in tips) == counted > 0
    cells.nth(10).hover()
    tip = page.locator("#chart-tip")
    tip.wait_for(state="visible")
    assert tip.inner_text() == tips[10]
    assert tips[10].startswith("Mon, 10:00 to 11:00: ")
    page.locator("h1").hover()
    tip.wait_for(state="hidden")
    page.locator(".as-table:has([data-table=arrivals]) > summary").click()
    rows = page.locator("[data-table=arrivals] tbody tr")
    rows.last.wait_for()
    assert rows.count() == 24
    counts = [cell.inner_text() for cell in rows.nth(10).locator("td").all()]
    assert counts == [tips[24 * day + 10].split()[-2] for day in range(7)]


def test_an_hour_opens_its_tickets_by_click_and_by_keyboard(dashboard):
    page = dashboard("?team=t1")
    cell = page.locator("#heat [data-open]").first
    count = re.search(r": (\d+) created", cell.get_attribute("data-tip"))[1]
    address = cell.get_attribute("data-open")
    cell.click()
    page.wait_for_url("**/desk/tickets/**")
    opened = dict(fields(page))
    assert (opened["counted"], opened["team"]) == ("created", "t1")
    assert 0 <= int(opened["hour"]) < 7 * 24
    page = dashboard("?team=t1")
    page.locator("details:has([data-table=arrivals]) summary").focus()
    page.keyboard.press("Enter")
    link = page.locator(f"[data-table=arrivals] a[href='{address}']")
    link.wait_for()
    assert link.inner_text() == count


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_theme_without_asking_the_server(dashboard, served, scheme):
    colours = {"light": "rgb(36, 51, 176)", "dark": "rgb(100, 130, 250)"}
    page = dashboard()
    page.emulate_media(color_scheme=scheme)
    asked = len(served[1].services.reporting.dashboards.asked)
    line = "getComputedStyle(document.querySelector('.chart-daily .lines path')).stroke"
    page.wait_for_function(f"() => {line} === '{colours[scheme]}'")
    assert len(served[1].services.reporting.dashboards.asked) == asked


def test_a_narrow_screen_never_scrolls_sideways(dashboard, page):
    page.set_viewport_size(MOBILE)
    page = dashboard("?team=t1&team=t2&priority=high&category=c1&from=2026-01-01&to=2026-11-23")
    for summary in page.locator(".as-table > summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") == MOBILE["width"]
    main = page.evaluate(
        "(() => { const m = document.querySelector('.main'); return [m.scrollWidth, m.clientWidth] })()"
    )
    assert main[0] == main[1]
    page.locator("[data-tile=reopen_rate] .explain-btn").click()
    sheet = page.locator("#explain-reopen_rate").bounding_box()
    assert (sheet["x"], sheet["width"]) == (0, MOBILE["width"])


def test_an_ended_session_leads_to_the_login(page, served):
    base, site = served
    page.goto(f"{base}/reports/")
    page.wait_for_selector(DRAWN, state="attached")
    allowed = site.guard.answer
    site.guard.refuse()
    try:
        page.click("text=7 d")
        page.wait_for_url("**/login")
    finally:
        site.guard.answer = allowed


def test_a_server_that_fails_is_said_and_what_was_there_stays(page, served):
    page.goto(f"{served[0]}/reports/")
    page.wait_for_selector(DRAWN, state="attached")
    page.route("**/_dash-update-component*", lambda route: route.abort())
    page.click("text=7 d")
    page.wait_for_selector("#unreachable", state="visible")
    assert page.locator(".chart-daily .lines").count() == 2
    page.unroute("**/_dash-update-component*")
    page.click("text=90 d")
    page.wait_for_selector("#unreachable", state="hidden")
