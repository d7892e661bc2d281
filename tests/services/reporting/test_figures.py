"""Every figure equals a naive replay of the histories, for any history, filter, zone and moment."""

import tempfile
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from models.tickets_listing import COUNTED, Condition, Op, Window
from services.reporting import (
    NONE,
    AnalyticsEngine,
    Counted,
    DashboardService,
    Filters,
    Measure,
    MetricsService,
    NameOrder,
    Overview,
    Row,
    TicketLists,
)
from services.reporting.periods import period
from services.reporting.queries import answer
from tests.services.reporting import reference
from tests.services.reporting.ledgers import START, Action, Event, MemoryLedger, busy_desk, history

KEYS = {
    "team_id": st.sampled_from([None, "first", "second"]),
    "priority": st.sampled_from([None, "normal", "urgent"]),
    "category": st.sampled_from([None, "mail"]),
    "assignee_id": st.sampled_from([None, "agent-1", "agent's"]),
    "status": st.sampled_from(["new", "open", "pending", "on_hold", "solved", "closed"]),
}
CHANGES = st.fixed_dictionaries({}, optional=KEYS)
MINUTES = st.one_of(st.integers(-90, 900), st.integers(0, 25 * 1440))
ACTIONS = st.lists(st.builds(Action, MINUTES, CHANGES, st.booleans()), min_size=1, max_size=7)
DAYS = st.integers(-5, 70).map(lambda days: (START + timedelta(days=days)).date())
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu"])
LATER = START + timedelta(days=400)


def choices(*known: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.one_of(st.just(()), st.lists(st.sampled_from([NONE, *known]), unique=True).map(tuple))


@st.composite
def ledgers(draw: st.DrawFn) -> list[Event]:
    events: list[Event] = []
    for number, actions in enumerate(draw(st.lists(ACTIONS, min_size=1, max_size=8)), 1):
        created = START + timedelta(minutes=draw(st.integers(0, 60 * 1440)), seconds=draw(st.integers(0, 59)))
        events += history(number, created, actions)
    return events


@st.composite
def questions(draw: st.DrawFn) -> Filters:
    start = draw(DAYS)
    return Filters(
        start=start,
        end=start + timedelta(days=draw(st.integers(0, 40))),
        teams=draw(choices("first", "second")),
        priorities=draw(choices("normal", "urgent")),
        categories=draw(choices("mail")),
        zone=draw(ZONES),
        assignees=draw(choices("agent-1", "agent's")),
    )


Teams = frozenset[str] | None  # those whose tickets a reader's figures count; None: all
READERS = st.one_of(st.none(), st.frozensets(st.sampled_from(["first", "second"])))
MOMENTS = st.one_of(st.just(LATER), st.integers(0, 80 * 1440).map(lambda m: START + timedelta(minutes=m)))


@pytest.mark.takes(5)
@settings(
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # an example takes 0.1 s: too slow for shrinking
)
@given(
    ledgers(), st.lists(st.tuples(questions(), MOMENTS, READERS), min_size=1, max_size=6), st.integers(0, 3)
)
def test_every_figure_equals_a_replay(
    events: list[Event], asked: list[tuple[Filters, datetime, Teams]], batches: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger = MemoryLedger()
        engine = AnalyticsEngine(Path(folder), ledger, recent_rows=9)
        engine.rebuild(now=START - timedelta(days=1))
        ordered = sorted(events, key=lambda event: event.feed_at)
        for batch in range(batches):  # some by following, in turns, the rest by a rebuild
            share = len(ordered) * (batch + 1) // (batches or 1)
            ledger.events = ordered[:share]
            engine.follow(now=max((event.recorded_at for event in ledger.events), default=START))
        ledger.events = ordered
        if not batches:
            engine.rebuild(now=LATER)
        dashboard = DashboardService(MetricsService(engine, lambda teams: teams))
        stories = reference.stories(events)
        for filters, moment, teams in asked:
            overview = dashboard.overview(filters=filters, now=LATER, actor=teams, as_of=moment)
            check(overview, reference.within_teams(stories, teams), filters, moment)
            if moment == LATER:
                check_lists(
                    overview, TicketLists(engine, NameOrder({}, time.monotonic), lambda: LATER), teams
                )
        engine.close()


def check_lists(overview: Overview, lists: TicketLists, teams: Teams) -> None:
    """Check that the tickets behind figures are as many, where the list is limited to the same teams."""
    limit = () if teams is None else (Condition("team_id", Op.IN, sorted(teams) or ["none of them"]),)
    for name, measure in {
        "created": Measure.CREATED,
        "solved": Measure.SOLVED,
        "backlog": Measure.UNSOLVED,
        "unreplied": Measure.UNREPLIED,
    }.items():
        asked = replace(overview.filters, within_teams=None)  # an address does not carry it
        selection = lists.select(
            (Condition(COUNTED, Op.EQ, Counted(measure, asked)), *limit), None, Window(1)
        )
        assert selection.count == overview.figures[name].value


def check(overview: Overview, stories: list[reference.Story], filters: Filters, moment: datetime) -> None:
    until = moment + timedelta(microseconds=1)
    before, start, end = reference.bounds(filters, until)

    def holds(state: dict[str, object]) -> bool:
        return reference.within(state, filters)

    now = reference.figures(stories, start, end, until, holds)
    then = reference.figures(stories, before, start, until, holds)
    check_figures(overview, now, then, min(end, moment))
    check_series(overview, stories, filters, until, holds)
    zone = reference.ZoneInfo(filters.zone)
    assert overview.arrivals == reference.arrivals(stories, start, end, holds, zone)
    for name, rows in {
        "team": overview.by_team,
        "priority": overview.by_priority,
        "category": overview.by_category,
        "assignee": overview.by_agent,
    }.items():
        check_rows({row.key: row for row in rows}, stories, name, (start, end, until), holds)


def check_figures(
    overview: Overview, now: reference.Figures, then: reference.Figures, moment: datetime
) -> None:
    figures = overview.figures
    assert (figures["created"].value, figures["created"].previous) == (now.created, then.created)
    assert (figures["solved"].value, figures["solved"].previous) == (now.first_solved, then.first_solved)
    assert (figures["backlog"].value, figures["backlog"].previous) == (now.backlog, then.backlog)
    assert (figures["unreplied"].value, figures["unreplied"].previous) == (now.waiting, then.waiting)
    age = reference.seconds(moment - now.oldest) if now.oldest else None
    assert figures["oldest_unreplied"].value == age
    first, full, rate = figures["first_response"], figures["full_resolution"], figures["reopen_rate"]
    assert (first.n, first.value, first.previous) == (
        len(now.responses), now.median_response, then.median_response,
    )  # fmt: skip
    assert close(first.p90, reference.quantile(now.responses, 0.9))
    assert sum(first.excluded.values()) == now.early + now.unanswered
    assert (full.n, full.value, full.previous) == (
        len(now.resolutions), now.median_resolution, then.median_resolution,
    )  # fmt: skip
    assert close(full.p90, reference.quantile(now.resolutions, 0.9))
    assert sum(full.excluded.values()) == now.taken_back
    assert rate.n == now.first_solved
    assert rate.value == (now.returned / now.first_solved if now.first_solved else None)
    assert all(figure.version >= 1 and figure.definition for figure in figures.values())


def close(actual: float | None, expected: float | None) -> bool:
    return actual == expected or (
        actual is not None and expected is not None and abs(actual - expected) < 1e-3
    )


def check_series(
    overview: Overview,
    stories: list[reference.Story],
    filters: Filters,
    until: datetime,
    holds: reference.Holds,
) -> None:
    today = (until - timedelta(microseconds=1)).astimezone(reference.ZoneInfo(filters.zone)).date()
    days = [filters.start + timedelta(days=i) for i in range((filters.end - filters.start).days + 1)]
    assert overview.created.days == overview.backlog.days == tuple(day for day in days if day <= today)
    balance = overview.figures["backlog"].previous
    for index, day in enumerate(overview.created.days):
        _, start, end = reference.bounds(Filters(day, day, zone=filters.zone), until)
        expected = reference.figures(stories, start, end, until, holds)
        assert overview.created.values[index] == expected.created
        assert overview.solved.values[index] == expected.first_solved
        assert overview.backlog.values[index] == expected.backlog
        balance = expected.backlog
    assert overview.figures["backlog"].value == balance


def check_rows(
    rows: dict[str | None, Row],
    stories: list[reference.Story],
    dimension: str,
    times: tuple[datetime, datetime, datetime],
    holds: reference.Holds,
) -> None:
    source = reference.DIMENSIONS[dimension]
    for key in reference.keys(stories, dimension) | rows.keys():
        expected = reference.figures(
            stories, *times, lambda state, key=key: holds(state) and state.get(source) == key
        )
        row = rows.get(key, Row(key, 0, 0, 0, None, None))
        assert (row.created, row.solved, row.backlog) == (
            expected.created,
            expected.first_solved,
            expected.backlog,
        )
        assert row.median_first_response == expected.median_response
        assert row.median_full_resolution == expected.median_resolution


def test_the_backlog_balances() -> None:
    """Backlog at the end = backlog at the start + created + reopened - solved, whatever the histories."""
    with tempfile.TemporaryDirectory() as folder:
        engine = AnalyticsEngine(Path(folder), MemoryLedger(busy_desk(300)))
        engine.rebuild(now=LATER)
        with engine.view() as view:
            for month in range(3, 7):
                filters = Filters(date(2026, month, 1), date(2026, month, 28))
                when = period(filters, as_of=datetime(2027, 1, 1, tzinfo=UTC), newest=None)
                result = answer(view, filters, when)
                first = (filters.start - date(1970, 1, 1)).days
                days = [day for number, day in result.days.items() if number >= first]
                ((reopened, solved),) = view.rows(
                    'SELECT sum(reopened), sum(solved) FROM facts WHERE "at" >= ? AND "at" < ?',
                    [when.start, when.end],
                )
                moved = sum(day.created for day in days) + (reopened or 0) - (solved or 0)
                assert moved == sum(day.backlog for day in days)
                assert month > 3 or all(sum(getattr(day, name) for day in days) for name in vars(days[0]))
                assert month > 3 or (reopened and solved)
        engine.close()
