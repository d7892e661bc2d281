"""Every mark of the dashboard opens exactly the tickets that it counts: all of them, over the imported incident log."""

import csv
import gzip
import itertools
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from urllib.parse import urlencode

import pytest
from flask import request

from analytics_dash import overview, tiles
from portal.ui.grid_links import chart_mark_url
from pynamodb_grid.admin.query import read_query
from pynamodb_grid.listing import ListRequest, Sort
from pynamodb_grid.tests.depth import DEEP
from services.reporting import NONE, Counted, Filters, Measure
from tests.data_folder import DATA, needs_data
from tests.portal.pages import Page
from tests.services.tickets.importing import logs

LOG = DATA / "data" / "uci_incident_event_log.csv.gz"
EVERY = 1 if DEEP else 1000
# Reopened, closed several times, moved between teams and back, without a caller.
ODD = {"INC0000130", "INC0000131", "INC0000137", "INC0002588", "INC0018594", "INC0019396", "INC0044260"}
NEWEST = Sort("updated_at", descending=True)
GROUP = "group-70"
PAGES = {
    "the whole log, by months": {"from": "2016-02-01", "to": "2017-02-28"},
    "by weeks": {"from": "2016-02-29", "to": "2016-07-31"},
    "March, by days": {"from": "2016-03-01", "to": "2016-03-31"},
    "one team": {"from": "2016-03-01", "to": "2016-06-30", "team": GROUP},
    "one priority": {"from": "2016-03-01", "to": "2016-06-30", "priority": "normal"},
    "the last days, ending now": {},
}
if not DEEP:
    PAGES = {name: PAGES[name] for name in ("by weeks", "one team", "the last days, ending now")}
NUMBER = re.compile(r"[\d,]+")

Mark = tuple[str, int, str]  # where it stands, what it says, its link

pytestmark = needs_data


@pytest.fixture(scope="module")
def log(site, tmp_path_factory):
    """Import the log, or some of it, and build the copy."""
    with gzip.open(LOG, "rt", encoding="utf-8", newline="") as file:
        groups = itertools.groupby(csv.DictReader(file), lambda row: row["number"])
        chosen = (group for index, (ref, group) in enumerate(groups) if index % EVERY == 0 or ref in ODD)
        rows = list(itertools.chain.from_iterable(chosen))
    report = logs.import_log(site.services, logs.write(tmp_path_factory.mktemp("log") / "log.csv.gz", rows))
    assert not report.rejected
    now = datetime.now(UTC)
    site.services.reporting.analytics.rebuild(now=now)
    site.services.reporting.analytics.follow(now=now)
    return site


def shown(site, **filters):
    """Draw the dashboard as a manager sees it."""
    question = overview.read(
        site.services, search=f"?{urlencode(filters)}", now=datetime.now(UTC), zone="UTC"
    )
    assert not question.choice.problems
    return overview.show(
        site.services,
        question,
        now=datetime.now(UTC),
        actor=site.actor("manager"),
        grid_url=chart_mark_url,
        avatar=lambda _, name: (name[:1], 0),
    )


def number(text: str) -> int:
    return int(NUMBER.search(text)[0].replace(",", ""))


def links_in(element) -> Iterator[tuple[str, str]]:
    """Find the links below an element of a page, with their words."""
    if isinstance(element, list):
        for one in element:
            yield from links_in(one)
    elif isinstance(element, dict):
        inside = element["props"].get("children")
        if element["type"] == "A":
            yield str(inside if isinstance(inside, str) else inside[0]), element["props"]["href"]
        else:
            yield from links_in(inside)


def marks(view) -> Iterator[Mark]:
    """List everything on the page that opens tickets."""
    for name, figure in view.payload["figures"].items():
        yield from marks_of_figure(name, figure)
    for name, table in view.payload["tables"].items():
        # The short table of agents has no rows of its own: it shows those of another one.
        for cell in itertools.chain.from_iterable(table.get("rows", ())):
            if isinstance(cell, list):
                yield f"table {name}", number(cell[0]), cell[1]
    for hour, count in enumerate(itertools.chain.from_iterable(view.payload["heat"])):
        if count:
            yield "hours", count, f"{view.payload['heat_url']}{hour}"
    for text, link in links_in(tiles.row(view.overview, view.links)):
        yield f"explanation: {text}", number(text), link


def marks_of_figure(name, figure) -> Iterator[Mark]:
    """List the marks of a chart; one without tickets links nowhere."""
    for trace in figure["data"]:
        values = trace["x"] if trace.get("orientation") == "h" else trace["y"]
        for value, link in zip(values, trace.get("customdata", ()), strict=False):
            assert (link is not None) == bool(value), (name, value)
            if link:
                yield f"chart {name}", int(value), link


def page_of(site, link, role="manager", size=1, sort=NEWEST):
    """Read a page of the list that a link opens, as the grid does."""
    grid = next(view for view in site.app.extensions["admin"][0]._views if view.endpoint == "tickets")
    with site.app.test_request_context(link):
        query, problems = read_query(request.args, grid._filters, grid.page_size_options)
        assert not problems
        conditions = grid.list_conditions(query)
    return site.services.tickets.service.page(
        actor=site.actor(role) if isinstance(role, str) else role,
        request=ListRequest(conditions, sort, size),
    )


@pytest.mark.takes(20)
@pytest.mark.parametrize("filters", PAGES.values(), ids=PAGES)
def test_every_mark_opens_as_many_tickets_as_it_says(log, filters):
    manager = log.actor("manager")
    all_marks = dict.fromkeys(marks(shown(log, **filters)))
    wrong = [
        (place, says, count, link)
        for place, says, link in all_marks
        if (count := page_of(log, link, manager).count) != says
    ]
    assert not wrong, wrong[:5]
    assert len(all_marks) > 20 or not filters


def test_the_list_of_a_mark_is_complete_page_by_page(log):
    view = shown(log, **PAGES["by weeks"])
    link, says = max(
        ((link, says) for place, says, link in marks(view) if place == "chart team"), key=lambda pair: pair[1]
    )
    path, rows, last = f"{link}&sort=priority&desc=1", [], None
    while path:
        answer = log.as_("manager").get(path)
        assert answer.status_code == 200
        page = Page(answer.text)
        rows += dict.fromkeys(one for one in page.links if re.fullmatch(r"/desk/tickets/\d+", one))
        path = next(
            (tag["href"] for name, tag in page.tags if name == "a" and tag.get("rel") == "next"), None
        )
        last = answer.text
        if DEEP and len(rows) >= 500:
            break
    assert len(rows) == len(set(rows))
    assert len(rows) == says or (DEEP and len(rows) == 500)
    assert "Selected from data" in last
    assert f"{says:,}" in last


def test_a_list_of_a_mark_says_what_was_counted(log):
    filters = Filters(date(2016, 3, 1), date(2016, 3, 31), teams=(GROUP, NONE), priorities=("high",))
    text = log.as_("manager").get(chart_mark_url(Counted(Measure.CREATED, filters))).text
    assert "created 1 Mar to 31 Mar 2016, then Group 70 or no team, High" in text
    text = log.as_("manager").get(chart_mark_url(Counted(Measure.UNSOLVED, filters))).text
    assert "unsolved at the end of 31 Mar 2016, then" in text
    hour = chart_mark_url(Counted(Measure.CREATED, filters, hour=24 + 9))
    assert "Tuesdays 9:00 to 10:00" in log.as_("manager").get(hour).text
