"""Every mark of the dashboard opens exactly the tickets that it counts: all of them, over the imported incident log."""

import csv
import gzip
import itertools
import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bench.chart_marks import GROUP, PAGES
from portal.ui.grid_links import chart_mark_url
from pynamodb_grid.tests.depth import DEEP
from services.reporting import NONE, Counted, Filters, Measure
from services.users.identity import Permission, Scope
from tests.data_folder import DATA, needs_data
from tests.portal.chart_marks import marks_of, page_of, shown
from tests.portal.pages import Page
from tests.services.tickets.importing import logs

LOG = DATA / "data" / "uci_incident_event_log.csv.gz"
EVERY = 1 if DEEP else 1000
# Reopened, closed several times, moved between teams and back, without a caller.
ODD = {"INC0000130", "INC0000131", "INC0000137", "INC0002588", "INC0018594", "INC0019396", "INC0044260"}
USUAL = ("by weeks", "one team", "the last days, ending now")
CHOSEN = {name: filters for name, filters in PAGES.items() if DEEP or name in USUAL}
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


@pytest.mark.takes(20)
@pytest.mark.parametrize("filters", CHOSEN.values(), ids=CHOSEN)
def test_every_mark_opens_as_many_tickets_as_it_says(log, filters):
    manager = log.actor("manager")
    all_marks = marks_of(shown(log, manager, **filters))
    wrong = [
        (place, says, count, link)
        for place, says, link in all_marks
        if (count := page_of(log, link, manager).count) != says
    ]
    assert not wrong, wrong[:5]
    assert len(all_marks) > 20 or not filters


def test_marks_of_somebody_limited_to_a_team_open_its_tickets(log):
    manager = log.actor("manager")
    limited = {**manager.permissions, Permission.REPORT_VIEW: Scope.TEAM}
    lead = replace(manager, team_ids=frozenset({GROUP}), permissions=limited)
    view = shown(log, lead, **PAGES["by weeks"])
    all_marks = marks_of(view)
    wrong = [mark for mark in all_marks if page_of(log, mark[2], lead).count != mark[1]]
    assert not wrong, wrong[:5]
    assert view.overview.figures["created"].value > 0
    assert len(all_marks) < len(marks_of(shown(log, manager, **PAGES["by weeks"])))


def test_the_list_of_a_mark_is_complete_page_by_page(log):
    view = shown(log, log.actor("manager"), **PAGES["by weeks"])
    link, says = max(
        ((link, says) for place, says, link in marks_of(view) if place == "chart team"),
        key=lambda pair: pair[1],
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
