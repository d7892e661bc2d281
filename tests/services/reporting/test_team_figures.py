"""Figures limited to teams: nobody gets another reader's from the cache, and nobody in no team gets any."""

from datetime import timedelta
from itertools import permutations

import pytest

from services.reporting import AnalyticsEngine, DashboardService, Filters, MetricsService, Overview
from tests.services.reporting import reference
from tests.services.reporting.conftest import MakeEngine
from tests.services.reporting.ledgers import START, Event, MemoryLedger, busy_desk

LATER = START + timedelta(days=90)
PERIOD = Filters(START.date(), START.date() + timedelta(days=29))
FIRST, SECOND, BOTH = frozenset({"first"}), frozenset({"second"}), frozenset({"first", "second"})
READERS = (None, FIRST, SECOND, BOTH, frozenset[str]())
Teams = frozenset[str] | None


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return busy_desk(60)


@pytest.fixture
def analytics(make_engine: MakeEngine, events: list[Event]) -> AnalyticsEngine:
    engine = make_engine(MemoryLedger(events))
    engine.rebuild(now=LATER)
    return engine


def ask(metrics: MetricsService, teams: Teams, filters: Filters = PERIOD) -> Overview:
    """Ask as somebody whose figures are those of `teams`."""
    return DashboardService(metrics).overview(filters=filters, now=LATER, actor=teams)


def created(events: list[Event], teams: Teams) -> int:
    """Count the tickets created in the period by replay."""
    until = LATER + timedelta(microseconds=1)
    _, start, end = reference.bounds(PERIOD, until)
    stories = reference.within_teams(reference.stories(events), teams)
    return reference.figures(stories, start, end, until, lambda _: True).created


def test_nobody_gets_the_cached_figures_of_somebody_else(
    analytics: AnalyticsEngine, events: list[Event]
) -> None:
    expected = {teams: created(events, teams) for teams in READERS}
    assert len({expected[None], expected[FIRST], expected[SECOND], 0}) == 4
    for order in permutations(READERS[:4]):
        metrics = MetricsService(analytics, lambda teams: teams)
        for teams in (*order, *order):
            assert ask(metrics, teams).figures["created"].value == expected[teams]


def test_filters_do_not_reach_beyond_the_teams(analytics: AnalyticsEngine) -> None:
    """What asks cannot name its own teams: the service replaces them by those of the actor."""
    metrics = MetricsService(analytics, lambda teams: teams)
    for asked in (None, SECOND, BOTH):
        wide = Filters(PERIOD.start, PERIOD.end, within_teams=asked)
        answered = ask(metrics, FIRST, wide)
        assert answered.filters.within_teams == FIRST
        assert answered.figures == ask(metrics, FIRST).figures
        user = metrics.get_user_metrics(user_id="agent-1", filters=wide, now=LATER, actor=FIRST)
        row = next(row for row in answered.by_agent if row.key == "agent-1")
        assert user.figures["created"].value == row.created


def test_somebody_in_no_team_gets_nothing(analytics: AnalyticsEngine) -> None:
    overview = ask(MetricsService(analytics, lambda teams: teams), frozenset())
    assert {figure.n for figure in overview.figures.values()} == {0}
    assert not any(sum(series.values) for series in (overview.created, overview.solved, overview.backlog))
    assert not any(map(sum, overview.arrivals))
    assert overview.by_team == overview.by_agent == overview.by_category == overview.by_priority == ()
