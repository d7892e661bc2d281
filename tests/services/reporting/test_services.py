"""The services over the copy: permissions, periods, summaries, lists, and what they refuse."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from models.tickets_listing import BadRequest, Condition, Op, Selection, Sort, Window
from services.errors import Forbidden, Invalid
from services.reporting import (
    NONE,
    AnalyticsEngine,
    BadPeriod,
    BadSelection,
    CopyBusy,
    DashboardService,
    Filters,
    MetricsService,
    NameOrder,
    ReportingService,
    TicketLists,
    TooLarge,
)
from services.reporting import reader as reader_module
from tests.services.reporting.conftest import MakeEngine
from tests.services.reporting.ledgers import START, Action, Event, MemoryLedger, busy_desk, history

LATER = START + timedelta(days=90)
PERIOD = Filters(START.date(), START.date() + timedelta(days=29))


@pytest.fixture
def events() -> list[Event]:
    return busy_desk(80)


@pytest.fixture
def analytics(make_engine: MakeEngine, events: list[Event]) -> AnalyticsEngine:
    engine = make_engine(MemoryLedger(events))
    engine.rebuild(now=LATER)
    return engine


@pytest.fixture
def metrics(analytics: AnalyticsEngine) -> MetricsService:
    return MetricsService(analytics, lambda _: None)


def latest(events: list[Event]) -> list[dict[str, Any]]:
    """The last state of each ticket."""
    last = {event.ticket_id: event for event in sorted(events, key=lambda event: event.version)}
    return [
        {**event.state, "ticket_id": number, "updated_at": event.at} for number, event in sorted(last.items())
    ]


def test_nobody_reads_figures_without_permission(analytics: AnalyticsEngine) -> None:
    def refuse(actor: Any) -> None:
        raise Forbidden(f"{actor} may not read reports.")

    refused = MetricsService(analytics, refuse)
    with pytest.raises(Forbidden, match="cass"):
        refused.get_ticket_metrics(filters=PERIOD, now=LATER, actor="cass")
    with pytest.raises(Forbidden):
        DashboardService(refused).overview(filters=PERIOD, now=LATER, actor="cass")


def test_a_persons_figures_are_those_of_the_tickets_held(metrics: MetricsService) -> None:
    metrics_found = metrics.get_user_metrics(user_id="agent-2", filters=PERIOD, now=LATER, actor=None)
    overview = DashboardService(metrics).overview(filters=PERIOD, now=LATER, actor=None)
    row = next(row for row in overview.by_agent if row.key == "agent-2")
    assert metrics_found.figures["created"].value == row.created > 0
    assert metrics_found.figures["backlog"].value == row.backlog > 0
    assert metrics_found.figures["first_response"].value == row.median_first_response


def test_breakdowns_have_a_fixed_order(metrics: MetricsService) -> None:
    overview = DashboardService(metrics).overview(filters=PERIOD, now=LATER, actor=None)
    assert [row.key for row in overview.by_priority] == ["urgent", "high", "normal", "low", None]
    busiest = [row.created + row.solved + row.backlog for row in overview.by_team]
    assert busiest == sorted(busiest, reverse=True)
    assert overview.by_agent[-1].key is None


def test_young_solves_are_marked_as_able_to_change(metrics: MetricsService) -> None:
    now = START + timedelta(days=6)
    young = metrics.get_ticket_metrics(filters=PERIOD, now=now, actor=None).figures["reopen_rate"]
    old = metrics.get_ticket_metrics(filters=PERIOD, now=LATER, actor=None).figures["reopen_rate"]
    assert young.immature == young.n > 0
    assert old.immature == 0


def test_the_age_of_the_data_is_told(metrics: MetricsService) -> None:
    metrics_found = metrics.get_ticket_metrics(filters=PERIOD, now=LATER + timedelta(seconds=4), actor=None)
    assert metrics_found.data_age == pytest.approx(4)
    assert metrics_found.as_of == LATER + timedelta(seconds=4)


def test_answers_are_remembered_until_the_data_changes(
    analytics: AnalyticsEngine, events: list[Event], metrics: MetricsService
) -> None:
    def asked(now: datetime) -> tuple[int, float | None]:
        with analytics.view() as view:
            connection, counted = view.connection, Counting(view.connection)
            analytics._reader._view = replace(view, connection=counted)  # type: ignore[arg-type]
        value = metrics.get_ticket_metrics(filters=PERIOD, now=now, actor=None).figures["created"].value
        with analytics.view() as view:
            analytics._reader._view = replace(view, connection=connection)
        return counted.queries, value

    first, created = asked(LATER)
    assert first > 0
    assert asked(LATER + timedelta(minutes=3)) == (0, created)
    ledger = analytics._ledger
    assert isinstance(ledger, MemoryLedger)
    ledger.events = events + history(9000, START, [Action(1)], recorded=LATER + timedelta(minutes=4))
    analytics.follow(now=LATER + timedelta(minutes=5))
    again, more = asked(LATER + timedelta(minutes=5))
    assert again > 0
    assert more == (created or 0) + 1


@dataclass
class Counting:
    """A connection that counts what runs on it."""

    connection: Any
    queries: int = 0

    def execute(self, *arguments: Any) -> Any:
        self.queries += 1
        return self.connection.execute(*arguments)


@pytest.mark.parametrize(
    "filters",
    [
        Filters(date(2026, 3, 2), date(2026, 3, 1)),
        Filters(date(2010, 3, 2), date(2026, 3, 1)),
        Filters(date(1969, 3, 2), date(1969, 3, 3)),
        Filters(date.min, date.min),
        Filters(date.max, date.max),
        Filters(date(2026, 3, 2), date(2026, 3, 2), zone="Mars/Olympus"),
        Filters(date(2026, 3, 2), date(2026, 3, 2), zone="../../etc/passwd"),
        Filters(date(2026, 3, 2), date(2026, 3, 2), teams=("x",) * 501),
    ],
)
def test_unusable_filters_are_refused(metrics: MetricsService, filters: Filters) -> None:
    with pytest.raises(Invalid) as refused:
        metrics.get_ticket_metrics(filters=filters, now=LATER, actor=None)
    assert isinstance(refused.value, BadPeriod | BadSelection)


def test_hostile_choices_find_nothing(metrics: MetricsService) -> None:
    hostile = replace(PERIOD, teams=("' OR true --", "\0", "?", "🐴" * 1000))
    metrics_found = metrics.get_ticket_metrics(filters=hostile, now=LATER, actor=None)
    assert metrics_found.figures["created"].value == 0
    assert metrics_found.figures["first_response"].value is None


def test_a_busy_process_says_so(analytics: AnalyticsEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_module, "LOCK_SECONDS", 0.01)
    with analytics.view(), pytest.raises(CopyBusy), analytics.view():
        pass


def test_a_report_beyond_the_memory_says_so(analytics: AnalyticsEngine) -> None:
    with analytics.view() as view:
        view.rows("SET max_temp_directory_size = '0KB'")
    with pytest.raises(TooLarge), analytics.view() as view:
        view.rows("SELECT list(i) FROM range(90000000) t(i)")
    with analytics.view() as view:
        assert view.rows("SELECT count(*) FROM tickets") == [(80,)]


def test_the_summary_counts_the_ledger(analytics: AnalyticsEngine, events: list[Event]) -> None:
    summary = ReportingService(analytics).summary()
    tickets = latest(events)

    def counts(name: str, key: Callable[[Any], Any] = lambda value: value or NONE) -> dict[str, int]:
        return dict(Counter(key(ticket.get(name)) for ticket in tickets))

    assert summary["tickets"] == len(tickets)
    assert summary["history_items"] == len(events)
    assert summary["by_status"] == counts("status")
    assert summary["by_priority"] == counts("priority")
    assert summary["by_channel"] == counts("channel")
    assert summary["by_category"] == counts("category")
    assert summary["by_team"] == counts("team_id")
    assert summary["created_per_month"] == counts("created_at", lambda at: at[:7])
    assert summary["closed_per_month"] == counts("closed_at", lambda at: at[:7] if at else NONE)
    reopens = [ticket["reopens"] for ticket in tickets]
    assert summary["reopens"] == {"sum": sum(reopens), "tickets": sum(count > 0 for count in reopens)}
    assert summary["reassignments"] == {"sum": 0, "tickets": 0}


def asked(field: str, op: str, value: Any = None) -> Condition:
    return Condition(field, Op(op), value)


@pytest.fixture
def lists(analytics: AnalyticsEngine) -> TicketLists:
    return TicketLists(analytics, NameOrder({}, time.monotonic), lambda: LATER)


def ids(selection: Selection) -> list[int]:
    return [number for _, number in selection.positions]


MARCH = datetime(2026, 3, 6, tzinfo=UTC)
CONDITIONS: list[tuple[list[Condition], Callable[[dict[str, Any]], bool]]] = [
    ([], lambda _: True),
    ([asked("status", "eq", "solved")], lambda t: t["status"] == "solved"),
    ([asked("team_id", "ne", "first")], lambda t: t.get("team_id") != "first"),
    ([asked("category", "in", ["mail", "x"])], lambda t: t.get("category") in ("mail", "x")),
    ([asked("category", "not_in", ["mail"])], lambda t: t.get("category") != "mail"),
    ([asked("category", "missing")], lambda t: not t.get("category")),
    ([asked("category", "exists")], lambda t: bool(t.get("category"))),
    ([asked("state", "eq", "open")], lambda t: t["status"] not in ("solved", "closed")),
    ([asked("updated_at", "ge", MARCH)], lambda t: t["updated_at"] >= MARCH),
    ([asked("requester_id", "contains", "-1")], lambda t: "-1" in t["requester_id"]),
    ([asked("requester_id", "begins", "customer-1")], lambda t: t["requester_id"].startswith("customer-1")),
    ([asked("ticket_id", "between", [10, 20])], lambda t: 10 <= t["ticket_id"] <= 20),
    (
        [asked("reopens", "gt", 0), asked("priority", "eq", "urgent")],
        lambda t: t["reopens"] > 0 and t.get("priority") == "urgent",
    ),
]


@pytest.mark.parametrize(("conditions", "holds"), CONDITIONS)
def test_a_list_selects_what_the_conditions_say(
    lists: TicketLists,
    events: list[Event],
    conditions: list[Condition],
    holds: Callable[[dict[str, Any]], bool],
) -> None:
    expected = [ticket["ticket_id"] for ticket in latest(events) if holds(ticket)]
    selection = lists.select(tuple(conditions), Sort("ticket_id"), Window(1000))
    assert ids(selection) == expected
    assert selection.count == len(expected)
    assert selection.as_of == LATER
    page = lists.select(tuple(conditions), Sort("ticket_id", True), Window(3, 2))
    assert ids(page) == expected[::-1][2:5]
    assert page.count == selection.count


def test_a_list_is_sorted_by_urgency_with_unset_last(lists: TicketLists, events: list[Event]) -> None:
    order = {ticket["ticket_id"]: ticket.get("priority") for ticket in latest(events)}
    urgencies = [order[number] for number in ids(lists.select((), Sort("priority"), Window(1000)))]
    ranks = [("low", "normal", "high", "urgent", None).index(priority) for priority in urgencies]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize(
    ("conditions", "sort", "size"),
    [
        ([asked("body", "eq", "x")], None, 10),
        ([asked("status", "eq", 5)], None, 10),
        ([asked("ticket_id", "eq", "5")], None, 10),
        ([asked("ticket_id", "eq", 2**70)], None, 10),
        ([asked("ticket_id", "contains", 5)], None, 10),
        ([asked("updated_at", "ge", datetime(2026, 1, 1))], None, 10),  # noqa: DTZ001 - the point of it
        ([asked("status", "in", "solved")], None, 10),
        ([asked("ticket_id", "between", [1, 2, 3])], None, 10),
        ([asked("status", "in", ["x"] * 501)], None, 10),
        ([asked("status", "in", [])], None, 10),
        ([asked("counted", "eq", "created")], None, 10),
        ([], Sort("carry"), 10),
        ([], None, 0),
        ([], None, 5000),
    ],
)
def test_a_list_refuses_what_the_copy_does_not_know(
    lists: TicketLists, conditions: list[Condition], sort: Sort | None, size: int
) -> None:
    with pytest.raises(BadRequest):
        lists.select(tuple(conditions), sort, Window(size))
