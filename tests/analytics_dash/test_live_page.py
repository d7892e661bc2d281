"""What happens to a dashboard that somebody works with: answers arrive, tables are sorted, days are dragged over."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.analytics_dash.fakes import Named
from tests.analytics_dash.serving import DRAWN, Opened, Served, serve

pytestmark = pytest.mark.browser
ANSWER = "**/_dash-update-component*"
WEEK = "#compared:has-text('10 Nov')"  # what seven days are compared with
Held = Callable[[], None]


@pytest.fixture(scope="module")
def served(bundle_folder) -> Iterator[Served]:
    with serve(bundle_folder) as running:
        yield running


@pytest.fixture
def open_page(page, served) -> Opened:
    """Give a function that opens the dashboard at an address."""

    def opened(search: str = ""):
        page.goto(f"{served.url}/reports/{search}")
        page.wait_for_selector(DRAWN, state="attached")
        return page

    return opened


def ask(page: Any, search: str) -> Held:
    """Ask for another address, as a link does, and hold the answer back until the returned function is called."""
    held: list[Any] = []
    page.route(ANSWER, lambda route: held.append(route))
    with page.expect_request(ANSWER):
        page.evaluate("search => window.dash_clientside.set_props('url', {search})", search)

    def release() -> None:
        for route in held:
            route.continue_()
        page.unroute(ANSWER)

    return release


def fields(page: Any) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(page.url).query)


def test_an_answer_takes_no_key_from_a_list(open_page):
    page = open_page()
    page.click(".report-chip:has-text('Team')")
    box = page.get_by_role("checkbox", name="Billing")
    box.focus()
    page.evaluate("window.held = document.activeElement")
    release = ask(page, "?period=7d")
    release()
    page.wait_for_selector(WEEK)
    assert page.evaluate("window.held === document.activeElement")
    page.keyboard.press("Space")
    page.wait_for_url("**period=7d&team=t1")
    page.wait_for_selector("#team-said:has-text('Billing')")
    assert page.evaluate("window.held === document.activeElement")


def test_an_answer_takes_no_click_from_a_list(open_page):
    page = open_page()
    page.click(".report-chip:has-text('Team')")
    release = ask(page, "?period=7d&team=t2")
    page.get_by_role("checkbox", name="Accounts").hover()
    page.mouse.down()
    release()
    page.wait_for_selector(WEEK)
    page.mouse.up()
    page.wait_for_url("**team=t2&team=t3")


@pytest.mark.parametrize("opener", [".explain-btn >> nth=2", "#periods a >> nth=2", ".table-toggle >> nth=0"])
def test_an_answer_takes_the_focus_from_nothing(open_page, opener):
    page = open_page()
    page.locator(opener).focus()
    page.evaluate("window.held = document.activeElement")
    ask(page, "?period=7d")()
    page.wait_for_selector(WEEK)
    assert page.evaluate("window.held === document.activeElement && window.held !== document.body")


def test_what_was_chosen_before_the_answer_counts(open_page):
    page = open_page()
    page.click(".report-chip:has-text('Team')")
    release = ask(page, "?period=7d")
    page.click("#team-options >> text=Billing")
    page.click("#team-options >> text=Platform")
    page.click("#periods >> text=90 d")
    assert page.locator("#team-options [aria-checked=true]").count() == 2
    page.wait_for_url("**team=t1&team=t2**")
    release()
    page.wait_for_selector("#team-said:has-text('2 chosen')")
    assert sorted(fields(page)) == [("period", "90d"), ("team", "t1"), ("team", "t2")]


def test_an_answer_leaves_a_day_that_is_being_typed(open_page):
    page = open_page("?from=2026-11-01&to=2026-11-10")
    page.locator("#from").focus()
    page.evaluate("document.getElementById('from').value = '2026-10-07'")
    ask(page, "?from=2026-11-02&to=2026-11-10")()
    page.wait_for_selector("#compared:has-text('24 Oct')")
    assert page.input_value("#from") == "2026-10-07"


def test_what_was_cleared_leaves_the_focus_in_the_list(open_page):
    page = open_page("?team=t1")
    page.click(".report-chip:has-text('Team')")
    page.locator("#team-options .clear").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#team-said:has-text('All')")
    page.wait_for_function("() => document.activeElement.closest('#team-options')")


def column(page: Any, table: str, number: int) -> list[str]:
    cells = page.locator(f"[data-table={table}] tbody tr > :nth-child({number})")
    cells.first.wait_for()
    return [text.replace(",", "") for text in cells.all_inner_texts()]


def test_tables_are_sorted_by_any_column_and_stay_so(open_page):
    page = open_page()
    page.locator(".card-category summary").click()
    table = page.locator("[data-table=category]")
    created = list(map(int, column(page, "category", 2)))
    assert created == sorted(created, reverse=True)
    assert table.locator("th[aria-sort=descending]").inner_text().startswith("Created")
    head = table.get_by_role("button", name="Solved", exact=True)
    head.click()
    solved = list(map(int, column(page, "category", 3)))
    assert solved == sorted(solved, reverse=True) != created
    head.click()
    assert list(map(int, column(page, "category", 3))) == solved[::-1]
    assert table.locator("th[aria-sort=ascending]").inner_text().startswith("Solved")
    link = table.locator("tbody a").nth(4)
    link.focus()
    page.evaluate(
        "window.held = document.activeElement; window.line = held.closest('tr').innerText.split('\\t')[0]"
    )
    ask(page, "?period=7d")()
    page.wait_for_selector(WEEK)
    page.wait_for_function(
        "before => document.querySelector('[data-table=category] td').innerText !== before", arg=""
    )
    assert page.evaluate("window.held === document.activeElement")
    assert page.evaluate("window.held.closest('tr').innerText.split('\\t')[0] === window.line")
    again = list(map(int, column(page, "category", 3)))
    assert again == sorted(again)
    table.get_by_role("button", name="Category").click()
    names = [name.lower() for name in column(page, "category", 1)]
    assert names[1:] == sorted(names[1:])  # the first begins with a bracket


def test_the_days_of_a_table_and_the_agents_of_a_card_are_sorted_too(open_page):
    page = open_page()
    page.locator(".card-daily summary").click()
    days = column(page, "daily", 1)
    assert days[0] == "23 Nov 2026"
    page.locator("[data-table=daily]").get_by_role("button", name="Day").click()
    assert column(page, "daily", 1) == days[::-1]
    best = column(page, "agents", 1)
    page.locator("[data-table=agents]").get_by_role("button", name="Open").click()
    assert len(best) == len(column(page, "agents", 1)) == 8
    unsolved = list(map(int, column(page, "agents", 3)))
    assert unsolved == sorted(unsolved, reverse=True)
    page.locator("#more-agents summary").click()
    everybody = page.locator("[data-table=agent]")
    everybody.get_by_role("button", name="Unsolved at end").click()
    assert (
        column(page, "agents", 3)
        == [
            number
            for name, number in zip(column(page, "agent", 1), column(page, "agent", 4), strict=True)
            if name != "Unassigned"
        ][:8]
    )


def drag(page: Any, selector: str, start: float, end: float) -> None:
    """Drag over a part of a chart, given as shares of its width."""
    area = page.locator(selector)
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * (start + end) / 2, y, steps=3)
    page.mouse.move(box["x"] + box["width"] * end, y, steps=3)
    page.mouse.up()


@pytest.mark.parametrize("chart", ["daily", "backlog"])
def test_dragging_over_days_narrows_the_period_to_them(open_page, chart):
    page = open_page()
    created = page.inner_text("[data-tile=created] .tile-value")
    drag(page, f".chart-{chart} .nsewdrag", 0.2, 0.6)
    page.wait_for_url(re.compile(r"/reports/\?from="))
    first, last = (value for _, value in fields(page))
    assert "2026-10-29" <= first <= "2026-11-01"
    assert "2026-11-08" <= last <= "2026-11-12"
    page.wait_for_selector("#periods [aria-current]:has-text('Custom')")
    page.wait_for_function(
        "before => document.querySelector('[data-tile=created] .tile-value').innerText !== before",
        arg=created,
    )
    page.go_back()
    page.wait_for_selector("#periods [aria-current]:has-text('30 d')")


def test_dragging_over_weeks_takes_whole_weeks(open_page):
    page = open_page("?from=2026-01-05&to=2026-11-22")
    drag(page, ".chart-daily .nsewdrag", 0.5, 0.95)
    page.wait_for_url(re.compile(r"from=2026-0[67]"))
    days = dict(fields(page))
    assert days["from"] < days["to"] < "2026-11-22"


def test_dragging_over_bars_does_not_leave_the_page(open_page):
    page = open_page()
    drag(page, ".chart-priority .nsewdrag", 0.1, 0.3)
    page.click("#periods >> text=7 d")  # what follows comes after what a drag could have opened
    page.wait_for_selector(WEEK)
    assert urlsplit(page.url).path == "/reports/"


@pytest.fixture
def many_teams(served, monkeypatch) -> None:
    teams = [Named(f"g{number}", f"Team {number}") for number in range(1, 81)] + [
        Named("a", "\u00c1rea t\u00e9cnica")
    ]
    monkeypatch.setattr(served.site.services.catalog, "teams", lambda: teams)


@pytest.mark.usefixtures("many_teams")
def test_long_lists_are_searched_and_in_the_order_that_people_expect(open_page):
    page = open_page()
    page.click(".report-chip:has-text('Team')")
    boxes = page.locator("#team-options [role=checkbox]")
    names = boxes.all_inner_texts()
    assert names[:3] == ["\u00c1rea t\u00e9cnica", "Team 1", "Team 2"]
    assert names[-1] == "Team 80"
    search = page.get_by_role("searchbox", name="Search teams")
    search.fill("AREA tec")
    assert boxes.locator("visible=true").all_inner_texts() == ["\u00c1rea t\u00e9cnica"]
    search.fill("team 7")
    page.get_by_role("checkbox", name="Team 70").click()
    page.wait_for_selector("#team-said:has-text('Team 70')")
    assert boxes.locator("visible=true").count() == 17  # 7, 17 ... 67 and 70 to 79
    assert page.locator(".report-choice").nth(1).get_by_role("searchbox").count() == 0


def test_a_day_at_a_time_stands_in_the_first_row_with_all_filters(open_page, page):
    page.set_viewport_size({"width": 1440, "height": 900})
    page = open_page("?from=2026-11-02&to=2026-11-20")
    page.wait_for_selector("#from", state="visible")
    parts = page.locator(".report-filters > *").locator("visible=true")
    rows = {
        round(box["y"] + box["height"] / 2) for part in parts.all() if (box := part.bounding_box())["width"]
    }
    assert max(rows) - min(rows) < 8
