"""The manager's dashboards: figures, filters in the URL, the link from a bar to its tickets, export."""

import csv
import re
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests.browser.conftest import Opener
from tests.browser.users_list import until

TILES = ("created", "solved", "backlog", "first_response", "full_resolution", "reopen_rate")
BAR = ".chart-priority .point"


def figure(page: Page, tile: str) -> str:
    """Read a tile's number."""
    return page.locator(f"[data-tile={tile}] .tile-value").inner_text()


def drawn(page: Page) -> None:
    """Wait until the figures and charts are there."""
    page.locator(BAR).first.wait_for(state="attached")
    expect(page.locator("[data-tile=created] .tile-value")).to_have_text(re.compile(r"\d"))


def narrowed_to_billing(page: Page) -> None:
    """Filter the open dashboard by a team."""
    page.locator(".report-chip", has_text="Team").click()
    page.locator("#team-options").get_by_text("Billing").click()
    page.wait_for_url("**team=billing")
    expect(page.locator("#team-said")).to_have_text("Billing")


def test_tiles_follow_the_filter_and_a_reload_keeps_it(open_as: Opener):
    page = open_as("manager", "/")
    page.get_by_role("link", name="Dashboards").click()
    drawn(page)
    shown = page.locator("[data-tile]")
    assert [tile.get_attribute("data-tile") for tile in shown.all()] == list(TILES)
    assert all(re.search(r"\d", figure(page, tile)) for tile in TILES)
    everything = int(figure(page, "created"))
    narrowed_to_billing(page)
    expect(page.locator("[data-tile=created] .tile-value")).not_to_have_text(str(everything))
    narrowed = figure(page, "created")
    assert 0 < int(narrowed) < everything
    page.reload()
    drawn(page)
    expect(page.locator("#team-said")).to_have_text("Billing")
    assert figure(page, "created") == narrowed


def test_a_bar_opens_exactly_its_tickets(open_as: Opener):
    page = open_as("manager", "/reports/?team=billing")
    drawn(page)
    page.locator(".card-priority summary").click()
    expect(page.locator("[data-table=priority] tbody tr")).to_have_count(page.locator(BAR).count())
    counted = {
        line.locator("th").inner_text(): line.locator("td").first.inner_text()
        for line in page.locator("[data-table=priority] tbody tr").all()
    }
    page.locator(BAR).first.scroll_into_view_if_needed()

    def opened() -> bool:
        boxes = [bar.bounding_box() for bar in page.locator(BAR).all()]
        # A priority that no ticket has has a bar without width.
        box = min((box for box in boxes if box and box["width"] > 8), key=lambda box: box["width"])
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        with suppress(PlaywrightTimeoutError):  # the chart is drawn again while other tests write
            page.wait_for_url("**/desk/tickets/?*", timeout=3000)
        return "/desk/tickets/" in page.url

    until(opened)
    query = parse_qs(urlsplit(page.url).query)
    assert query["counted.team"] == ["billing"]
    priority = query["counted.priority"][0].capitalize()
    rows = page.locator("table.grid tbody tr")
    assert rows.count() == int(counted[priority]) < 25
    for row in rows.all():
        shown = {row.locator(cell).inner_text() for cell in ("td.p", "td.t")}
        for value in {priority, "Billing"} - shown:  # it had this when it was counted, and was changed since
            history = page.request.get(row.locator("td.two a").get_attribute("href") or "").text()
            assert f"<s>{value}</s>" in history, f"{row.inner_text()} never had {value}"
    page.go_back()
    drawn(page)


def test_a_figure_explains_itself(open_as: Opener):
    page = open_as("manager", "/reports/")
    drawn(page)
    page.get_by_role("button", name="Explain full resolution").click()
    panel = page.get_by_role("dialog", name="Full resolution, explained")
    expect(panel).to_be_visible()
    for term in ("median(created", "Definition", "Excluded", "Calendar", "As of"):
        expect(panel).to_contain_text(term)
    tile, box = page.locator("[data-tile=full_resolution]").bounding_box(), panel.bounding_box()
    assert 0 <= box["y"] - tile["y"] - tile["height"] < 20, "it stands below its tile"
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_a_theme_recolours_the_charts_without_a_reload(open_as: Opener):
    page = open_as("manager", "/reports/", color_scheme="light")
    drawn(page)
    page.evaluate("window.same = true")
    line = "getComputedStyle(document.querySelector('.chart-daily .lines path')).stroke"
    light = page.evaluate(line)
    page.locator("[popovertarget=me-menu]").click()
    page.get_by_role("button", name="Dark", exact=True).click()
    page.wait_for_function(f"() => {line} !== '{light}'")
    assert page.evaluate("window.same")
    page.get_by_role("button", name="System", exact=True).click()
    page.wait_for_function(f"() => {line} === '{light}'")


def test_the_filtered_list_is_downloaded_as_csv(open_as: Opener):
    page = open_as("manager", "/desk/tickets/?team=billing&priority=high")
    with page.expect_download() as started:
        page.get_by_role("link", name="Download as CSV").click()
    assert started.value.suggested_filename.endswith(".csv")
    with Path(started.value.path()).open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == page.locator("table.grid tbody tr").count() > 3
    assert {line["Priority"] for line in lines} == {"High"}
    assert {line["Team"] for line in lines} == {"Billing"}


def test_an_agent_has_neither_the_overview_nor_the_export(open_as: Opener, watch):
    watch.expected.add(403)
    page = open_as("agent", "/desk/tickets/")
    for name in ("Dashboards", "Administration", "Download as CSV"):
        expect(page.get_by_role("link", name=name)).to_have_count(0)
    for path in ("/reports/", "/desk/tickets/export/csv/", "/admin/users/", "/admin/roles/"):
        assert page.goto(path).status == 403, path


def test_in_a_low_window_the_filters_leave_the_room_to_the_charts(open_as: Opener):
    page = open_as("manager", "/reports/", viewport={"width": 320, "height": 256})
    drawn(page)
    filters, last = page.locator(".report-filters"), page.locator(".chart-card").last
    expect(filters).to_be_in_viewport()
    last.scroll_into_view_if_needed()
    expect(filters).not_to_be_in_viewport()
