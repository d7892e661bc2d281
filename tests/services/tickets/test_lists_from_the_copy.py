"""Lists that the columnar copy selects: every sort and filter, each reader's own tickets, rows as they are now."""

from datetime import UTC, date, datetime

import pytest

from models.tickets_listing import COUNTED, Condition, ListRequest, Op, Sort
from models.user import User
from pynamodb_grid.listing import Unavailable
from services.reporting import NONE, Counted, Filters, Measure
from services.users.identity import BUILT_IN, SYSTEM, Permission, Scope
from tests.services.harness import START

PEOPLE = ("Zoe", "Ánna", "ben", "Agent 10", "agent 9")
NEWEST = Sort("updated_at", descending=True)
ALL_TIME = {"start": date(2026, 11, 1), "end": date(2026, 12, 31)}


@pytest.fixture(scope="module")
def people(harness):
    """Bring people whose names are not in the order of their ids, nor of their letters' codes."""
    actors = [harness.actor("agent", teams=["network", "support"]) for _ in PEOPLE]
    for actor, name in zip(actors, PEOPLE, strict=True):
        item = User.get(actor.user_id)
        item.name = item.sort_name = name
        item.save()
    return {name: actor.user_id for name, actor in zip(PEOPLE, actors, strict=True)}


@pytest.fixture(scope="module")
def tickets(harness, agent, customer, people):
    """Open 24 tickets that differ in all that lists are sorted and filtered by, and build the copy."""
    opened = []
    for n in range(24):
        ticket = harness.ticket(
            agent,
            subject=f"Number {n}",
            requester_id=customer.user_id if n % 3 else [*people.values()][n % 5],
            priority=("low", "normal", "high", "urgent")[n % 4],
            team_id=(None, "network", "support")[n % 3],
            category=("hardware", "software", None)[n // 8],
            assignee_id=(None, *people.values())[n % 6],
        )
        if n % 4 == 3:
            ticket = harness.update(agent, ticket, status=("solved", "pending")[n % 8 == 3])
        opened.append(ticket)
    renew(harness)
    return opened


def renew(harness):
    harness.services.reporting.analytics.rebuild(now=datetime.now(UTC))


def page(harness, actor, *conditions, sort=NEWEST, **more):
    return harness.services.tickets.service.page(
        actor=actor, request=ListRequest(conditions, sort, **{"size": 100, **more})
    )


def numbers(page):
    return [row.ticket_id for row in page.rows]


def limited(harness, *teams, more=()):
    """Bring somebody whose role reaches no further than their teams."""
    permissions = dict.fromkeys(BUILT_IN["agent"][1], Scope.TEAM) | dict.fromkeys(more, Scope.ALL)
    return harness.actor("agent", teams=teams, permissions=permissions)


def places(field, people):
    """Say where each value belongs in an ascending list; None is last in both directions."""
    names = {id_: name for name, id_ in people.items()}
    order = {
        "priority": ["low", "normal", "high", "urgent"],
        "status": ["new", "open", "pending", "on_hold", "solved", "closed"],
        "category": ["hardware", "software"],
        "team_id": ["network", "support"],
    }
    people_in_order = ["agent 9", "Agent 10", "Ánna", "ben"]
    if field == "assignee_id":
        return lambda value: [*people_in_order, "Zoe"].index(names[value])
    if field == "requester_id":  # the customer's name begins with "customer"
        return lambda value: [*people_in_order, "customer", "Zoe"].index(names.get(value, "customer"))
    return order[field].index if field in order else lambda value: value


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(
    "field",
    [
        "priority", "status", "category", "team_id", "assignee_id", "requester_id", "created_at", "updated_at",
        "ticket_id",
    ],
)  # fmt: skip
def test_every_sort_is_by_what_is_shown(harness, tickets, people, field, descending):
    place = places(field, people)
    in_all = Condition("ticket_id", Op.GE, 1)
    rows = page(harness, SYSTEM, in_all, sort=Sort(field, descending)).rows
    assert len(rows) == len(tickets)
    values = [getattr(row, field) for row in rows]
    present = [value for value in values if value is not None]
    assert values == present + [None] * (len(values) - len(present)), "rows without a value come last"
    assert [place(value) for value in present] == sorted(map(place, present), reverse=descending)
    collected, cursor = [], None
    for _ in range(5):
        part = page(harness, SYSTEM, in_all, sort=Sort(field, descending), size=5, cursor=cursor)
        collected += numbers(part)
        cursor = part.next_cursor
    assert cursor is None
    assert collected == [row.ticket_id for row in rows]


def test_every_page_is_full_and_the_last_one_is_the_end(harness, tickets):
    conditions = (Condition("category", Op.MISSING), Condition("ticket_id", Op.GE, 1))
    sizes, cursor = [], None
    while True:
        part = page(harness, SYSTEM, *conditions, size=3, cursor=cursor)
        sizes.append(len(part.rows))
        assert part.count == 8
        if part.next_cursor is None:
            break
        cursor = part.next_cursor
    assert sizes == [3, 3, 2]
    assert numbers(page(harness, SYSTEM, *conditions, size=3, number=3)) == numbers(part)


def test_a_reader_gets_the_tickets_of_their_scope_and_their_number(harness, tickets, customer):
    by_team = {"network": 8, "support": 8}
    whole = Condition(COUNTED, Op.EQ, Counted(Measure.CREATED, Filters(**ALL_TIME)))
    manager = harness.actor("manager")
    assert page(harness, manager, whole).count == len(tickets)
    lead = (Permission.REPORT_VIEW, Permission.TICKET_EXPORT)
    for actor, expected in (
        (limited(harness, "network"), by_team["network"]),
        (limited(harness, "support", more=lead), by_team["support"]),
        (limited(harness, "network", "support", more=lead), sum(by_team.values())),
        (limited(harness, "network-2"), 0),
        (limited(harness), 0),
    ):
        shown = page(harness, actor, whole)
        assert shown.count == len(shown.rows) == expected
        assert {row.team_id for row in shown.rows} <= {*actor.team_ids}
        by_priority = page(harness, actor, sort=Sort("priority"))
        assert by_priority.count == expected
        exported = Permission.TICKET_EXPORT in actor.permissions and actor.team_ids
        if exported:
            rows = harness.services.tickets.service.iterate(actor=actor, conditions=(whole,), sort=NEWEST)
            assert len(list(rows)) == expected
    own = page(harness, customer, whole)
    assert own.count == len(own.rows) == 16
    assert {row.requester_id for row in own.rows} == {customer.user_id}


def test_the_numbers_beside_the_views_are_those_of_the_lists(harness, tickets):
    now = datetime.now(UTC)
    harness.services.reporting.analytics.follow(now=now)
    is_open, by_priority = Condition("state", Op.EQ, "open"), Sort("priority")
    for reader in (
        harness.actor("manager"),
        limited(harness, "network"),
        limited(harness, "network", "support"),
    ):
        sees_all = reader.scope(Permission.TICKET_VIEW) is Scope.ALL
        tally = harness.services.reporting.counts.tally(now=now, teams=None if sees_all else reader.team_ids)
        shown = page(harness, reader, is_open, sort=by_priority)
        assert shown.count == len(shown.rows) == tally.unsolved
        for team in ("network", "support"):
            of_team = page(harness, reader, is_open, Condition("team_id", Op.EQ, team), sort=by_priority)
            assert of_team.count == len(of_team.rows) == tally.by_team[team]


def test_what_others_counted_cannot_be_asked_for(harness, tickets):
    reader = limited(harness, "network")
    for teams in (("support",), (NONE,), ("support", NONE)):
        elsewhere = Condition(COUNTED, Op.EQ, Counted(Measure.CREATED, Filters(**ALL_TIME, teams=teams)))
        shown = page(harness, reader, elsewhere)
        assert (shown.rows, shown.count) == ([], 0)


def test_rows_are_as_they_are_now_and_belong_to_the_reader_now(harness, agent, tickets):
    reader = limited(harness, "network")
    conditions = (Condition("status", Op.EQ, "new"), Condition("category", Op.NE, "phone"))
    before = page(harness, reader, *conditions, sort=Sort("priority"))
    handed_over, solved, renamed = before.rows[:3]
    harness.update(agent, handed_over, team_id="support")
    harness.update(agent, solved, status="solved")
    harness.update(agent, renamed, subject="Another subject")
    after = page(harness, reader, *conditions, sort=Sort("priority"))
    assert numbers(after) == [
        n for n in numbers(before) if n not in (handed_over.ticket_id, solved.ticket_id)
    ]
    assert after.rows[0].subject == "Another subject"
    assert after.as_of is not None
    renew(harness)
    assert page(harness, reader, *conditions, sort=Sort("priority")).count == before.count - 2
    # It was in the team when it was created, and is not the reader's any more.
    then = Filters(**ALL_TIME, teams=("network",))
    counted = Condition(COUNTED, Op.EQ, Counted(Measure.CREATED, then))
    assert handed_over.ticket_id not in numbers(page(harness, reader, counted))
    everybody = page(harness, harness.actor("manager"), counted)
    assert handed_over.ticket_id in numbers(everybody)
    assert everybody.count == 8


def test_lists_that_an_index_serves_are_read_fresh(harness, agent, customer, tickets):
    ticket = harness.ticket(customer)
    fresh = page(harness, agent, Condition("state", Op.EQ, "open"))
    assert fresh.as_of is None
    assert ticket.ticket_id in numbers(fresh)


def test_a_solve_that_was_taken_back_counts_where_it_happened(harness, agent, customer, tickets):
    """Solved, reopened and solved again: the first solve is counted once, on its day, as figure and as list."""
    ticket = harness.ticket(customer)
    for status in ("solved", "open", "solved"):
        ticket = harness.update(agent, ticket, status=status)
    renew(harness)
    day = Filters(START.date(), START.date())
    figures = harness.services.reporting.metrics.get_ticket_metrics(
        filters=day, now=datetime.now(UTC), actor=SYSTEM
    ).figures
    for measure, name in (
        (Measure.SOLVED, "solved"),
        (Measure.FULL_RESOLUTION, "full_resolution"),
        (Measure.CREATED, "created"),
        (Measure.UNSOLVED, "backlog"),
        (Measure.UNREPLIED, "unreplied"),
    ):
        shown = page(harness, SYSTEM, Condition(COUNTED, Op.EQ, Counted(measure, day)))
        assert shown.count == len(shown.rows) == figures[name].n
    assert ticket.ticket_id in numbers(
        page(harness, SYSTEM, Condition(COUNTED, Op.EQ, Counted(Measure.SOLVED, day)))
    )


def test_without_a_copy_lists_say_so_and_sort_by_what_indexes_serve(elsewhere, agent, tickets):
    service = elsewhere.services.tickets.service
    assert service.sortable(actor=agent, conditions=()) == {"updated_at"}
    answers = service.page(actor=agent, request=ListRequest((), NEWEST, 5))
    assert len(answers.rows) == 5
    with pytest.raises(Unavailable, match=r"still being built.*sorted by updated_at"):
        service.page(actor=agent, request=ListRequest((), Sort("priority"), 5))
