"""Which index answers which list, and that lists are whole however deep one pages."""

import random
from datetime import timedelta

import pytest

from models import tickets_listing
from models.ticket import Ticket as TicketItem
from models.ticket import compose
from models.ticket_fields import TicketFields
from pynamodb_grid.listing import Unservable
from services.tickets import PRIORITIES, STATUSES, Condition, ListRequest, Op, Sort
from services.tickets.fields import is_done
from tests.services.harness import START

NEWEST = Sort("updated_at", descending=True)
AGENTS, TEAMS, PEOPLE = ("ana", "bo", None), ("support", "network", None), ("carl", "dora")
COUNT = 300


def eq(**expected):
    return tuple(Condition(name, Op.EQ, value) for name, value in expected.items())


def written(number):
    """Make one of many tickets, stored without a history: lists read nothing else."""
    dice = random.Random(number)
    status = dice.choice(STATUSES)
    fields = {
        "subject": f"Ticket {number}", "status": status, "priority": dice.choice(PRIORITIES),
        "requester_id": dice.choice(PEOPLE), "assignee_id": dice.choice(AGENTS),
        "team_id": dice.choice(TEAMS), "channel": "web", "created_at": START,
    }  # fmt: skip
    updated = START + timedelta(seconds=dice.randrange(60))  # many share a moment
    return number, updated, {name: value for name, value in fields.items() if value is not None}


ALL = [written(number) for number in range(1, COUNT + 1)]


@pytest.fixture(scope="module", params=[1, 3])
def shards(request):
    return request.param


@pytest.fixture(scope="module")
def listing(tables, shards):
    with TicketItem.batch_write() as batch:
        for number, updated, fields in ALL:
            batch.save(
                compose(
                    ticket_id=number,
                    version=1,
                    updated_at=updated,
                    fields=TicketFields(**fields),
                    shards=shards,
                )
            )
    return tickets_listing.build(keys=(b"k" * 32,), shards=shards)


def matches(**expected):
    """List the numbers a list must show, newest change first within what the sort leaves open."""
    state = expected.pop("state", None)
    return {
        number
        for number, _, fields in ALL
        if all(fields.get(name) == value for name, value in expected.items())
        and (state is None or (state == "done") == is_done(fields["status"]))
    }


def walk(listing, conditions, sort, size):
    """Page through to the end and back; returns the rows of the way there."""
    rows, pages, cursor = [], [], None
    while True:
        page = listing.page(ListRequest(conditions, sort, size, cursor))
        rows += page.rows
        pages.append(page)
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
    back, cursor = [], pages[-1].previous_cursor
    while cursor is not None:
        page = listing.page(ListRequest(conditions, sort, size, cursor))
        back = page.rows + back
        cursor = page.previous_cursor
    assert back == rows[: len(back)]
    assert len(back) == sum(len(page.rows) for page in pages[:-1])
    return rows


@pytest.mark.parametrize(
    ("conditions", "index", "keyed"),
    [
        (eq(assignee_id="ana", state="open"), "by_assignee", 1),
        (eq(assignee_id="ana", status="pending"), "by_assignee", 1),
        (eq(assignee_id="ana"), "by_assignee", 2),
        (eq(requester_id="carl", state="open"), "by_requester", 1),
        (eq(requester_id="carl", state="done"), "by_requester", 1),
        (eq(team_id="support", state="open"), "by_team", 1),
        (eq(team_id="support", status="solved"), "by_team", 1),
        (eq(assignee_id="ana", team_id="support", state="open"), "by_assignee", 1),
        (eq(state="open"), "by_state", None),
        (eq(status="closed"), "by_state", None),
        ((Condition("assignee_id", Op.MISSING), *eq(state="open")), "by_state", None),
        ((Condition("status", Op.IN, ["new", "open"]),), "by_state", None),
    ],
)
def test_the_plan(listing, shards, conditions, index, keyed):
    plan = listing.explain(ListRequest(conditions, NEWEST, 25))
    assert (plan.kind, plan.index) == ("index", index)
    assert len(plan.partitions) == (shards if keyed is None else keyed)


def test_the_agents_open_list_reads_just_what_it_shows(listing):
    """The tickets that are done are not evaluated: the state is part of the key."""
    plan = listing.explain(ListRequest(eq(assignee_id="ana", state="open"), NEWEST, 25))
    assert plan.partitions == ("ana/open#",)
    assert plan.filtered == ()
    page = listing.page(ListRequest(eq(assignee_id="ana", state="open"), NEWEST, 10))
    assert page.scanned <= 11


def test_all_tickets_merge_both_sides(listing, shards):
    plan = listing.explain(ListRequest((), NEWEST, 25))
    assert (plan.index, len(plan.partitions)) == ("by_state", 2 * shards)


@pytest.mark.parametrize("size", [1, 7, 100])
@pytest.mark.parametrize(
    "expected",
    [
        {"assignee_id": "ana", "state": "open"},
        {"assignee_id": "ana", "status": "pending"},
        {"team_id": "support", "state": "open"},
        {"requester_id": "carl", "state": "done"},
        {"state": "open"},
        {"status": "solved", "priority": "high"},
    ],
    ids=str,
)
def test_deep_paging_is_the_whole_set(listing, expected, size):
    if size == 1 and "state" in expected and len(expected) == 1:
        size = 3  # 200 pages of one row tell nothing more
    rows = walk(listing, eq(**expected), NEWEST, size)
    numbers = [row.ticket_id for row in rows]
    assert len(numbers) == len(set(numbers))
    assert set(numbers) == matches(**expected)
    assert [row.updated_at for row in rows] == sorted((row.updated_at for row in rows), reverse=True)
    assert rows == list(listing.iterate(eq(**expected), NEWEST))


def test_unassigned(listing):
    rows = walk(listing, (Condition("assignee_id", Op.MISSING), *eq(state="open")), NEWEST, 20)
    assert {row.ticket_id for row in rows} == matches(assignee_id=None, state="open")
    assert {row.assignee_id for row in rows} == {None}


@pytest.mark.parametrize("sort", ["priority", "status", "subject", "created_at", "ticket_id"])
@pytest.mark.parametrize("descending", [False, True])
def test_an_agents_open_tickets_sort_by_any_column(listing, sort, descending):
    for expected in ({"assignee_id": "ana", "state": "open"}, {"requester_id": "carl", "status": "open"}):
        rows = walk(listing, eq(**expected), Sort(sort, descending), 8)
        assert {row.ticket_id for row in rows} == matches(**expected)
        values = [value for row in rows if (value := getattr(row, sort)) is not None]
        # What has a rank is sorted by it: urgency and the way through the workflow, not the alphabet.
        ranks = {"priority": PRIORITIES, "status": STATUSES}.get(sort)
        assert values == sorted(values, key=ranks.index if ranks else None, reverse=descending)
        assert all(getattr(row, sort) is None for row in rows[len(values) :])


def test_what_no_index_serves_says_so(listing):
    for conditions, sort in (((), Sort("priority")), (eq(team_id="support"), Sort("subject"))):
        with pytest.raises(Unservable, match="cannot be sorted by"):
            listing.page(ListRequest(conditions, sort, 25))


def test_a_contradiction_is_an_empty_page(listing):
    assert listing.page(ListRequest(eq(state="open", status="solved"), NEWEST, 25)).rows == []


def test_a_row_is_what_the_ticket_says(listing):
    rows = {row.ticket_id: row for row in listing.iterate((), NEWEST)}
    assert rows.keys() == {number for number, *_ in ALL}
    for number, updated, fields in ALL:
        row = rows[number]
        assert (row.updated_at, row.version, row.subject) == (updated, 1, fields["subject"])
        for name in ("status", "priority", "assignee_id", "team_id", "requester_id", "channel"):
            assert getattr(row, name) == fields.get(name)
