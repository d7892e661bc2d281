"""A model with composed keys, its plans, and the reference lists the tests compare with."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
    VersionAttribute,
)
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, IncludeProjection
from pynamodb.models import Model

from pynamodb_grid.listing import (
    Condition,
    Conditions,
    Fixed,
    IndexPlan,
    Listing,
    Op,
    Partitioned,
    Plain,
    Prefixed,
    Sort,
)

# PynamoDB's Index.__init_subclass__ has no annotations, which strict typing minds.
_Index: Any = GlobalSecondaryIndex
KEY = b"a secret for tests"
SHARDS = 2
SHOWN = ["subject", "status", "assignee_id", "updated_at", "score", "version", "state_shard"]
_MOMENT: Any = UTCDateTimeAttribute()
START = datetime(2026, 1, 1, tzinfo=UTC)
OPEN = ("new", "open", "pending")
DONE = ("solved", "closed")


class TicketBase(Model):
    """Holds what every ticket table of the tests has; subclasses name the table."""

    ticket_id = NumberAttribute(hash_key=True)
    version = VersionAttribute()
    subject = UnicodeAttribute(null=True)
    status = UnicodeAttribute()
    assignee_id = UnicodeAttribute(null=True)
    updated_at = UTCDateTimeAttribute()
    due_at = UTCDateTimeAttribute(null=True)
    score = NumberAttribute(null=True)
    urgent = BooleanAttribute(default=False)
    tags = UnicodeSetAttribute(null=True)
    steps: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute, null=True)
    extra = JSONAttribute(null=True)
    state_shard = UnicodeAttribute()
    assignee_key = UnicodeAttribute(null=True)


def ticket_model(table: str, host: str | None) -> type[TicketBase]:
    """Makes a model class of its own for a table, so that tests never share a connection."""

    class ByState(_Index):  # type: ignore[misc]
        class Meta:
            index_name = "by_state"
            projection = IncludeProjection([*SHOWN, "assignee_key"])

        state_shard = UnicodeAttribute(hash_key=True)
        updated_at = UTCDateTimeAttribute(range_key=True)

    class ByAssignee(_Index):  # type: ignore[misc]
        class Meta:
            index_name = "by_assignee"
            projection = IncludeProjection(SHOWN)

        assignee_id = UnicodeAttribute(hash_key=True)
        assignee_key = UnicodeAttribute(range_key=True)

    class ByDue(_Index):  # type: ignore[misc]
        class Meta:
            index_name, projection = "by_due", AllProjection()

        state_shard = UnicodeAttribute(hash_key=True)
        due_at = UTCDateTimeAttribute(range_key=True)

    class Ticket(TicketBase):
        class Meta:
            table_name = table
            region = "eu-west-1"
            aws_access_key_id = "test"
            aws_secret_access_key = "test"

        by_state = ByState()
        by_assignee = ByAssignee()
        by_due = ByDue()

    Ticket.Meta.host = host  # type: ignore[attr-defined]  # Meta is configuration, read by PynamoDB
    Ticket.create_table(wait=True, billing_mode="PAY_PER_REQUEST")
    return Ticket


def state_of(status: str) -> str:
    """Tells the side of a status."""
    return "open" if status in OPEN else "done"


def implied(conditions: Conditions) -> Conditions:
    """Derives the state that a status condition implies."""
    implied_conditions: list[Condition] = []
    for condition in conditions:
        if condition.field == "status" and condition.op in (Op.EQ, Op.IN):
            chosen = [condition.value] if condition.op is Op.EQ else condition.value
            implied_conditions.append(Condition("state", Op.IN, sorted({state_of(s) for s in chosen})))
    return tuple(implied_conditions)


PLANS = (
    IndexPlan(
        "by_assignee",
        hash=Fixed("assignee_id"),
        range=Prefixed("state", "updated_at", values=("open", "done")),
        small=True,
    ),
    IndexPlan(
        "by_state",
        hash=Partitioned("state", lambda v: [f"{v}#{i}" for i in range(SHARDS)], values=("open", "done")),
        range=Plain("updated_at"),
    ),
    IndexPlan(
        "by_due",
        hash=Partitioned("state", lambda v: [f"{v}#{i}" for i in range(SHARDS)], values=("open", "done")),
        range=Plain("due_at"),
    ),
    IndexPlan(None, hash=Fixed("ticket_id")),
)


def listing(model: type[Model], **options: Any) -> Listing:
    """Builds the listing that most tests use."""
    return Listing(model, **{"key": KEY, "plans": PLANS, "implied": implied, **options})


def stamp(minute: int) -> datetime:
    """Gives a moment; few distinct ones, so that ties are common."""
    return START + timedelta(minutes=minute)


def ticket(model: type[Any], number: int, **values: Any) -> Any:
    """Builds a ticket with its composed keys."""
    row = model(ticket_id=number, **{"status": "open", "updated_at": stamp(0), "version": 1, **values})
    state = state_of(row.status)
    row.state_shard = f"{state}#{number % SHARDS}"
    if row.assignee_id:
        row.assignee_key = f"{state}#{_MOMENT.serialize(row.updated_at)}"
    return row


def store(model: type[Any], rows: Iterable[Any]) -> None:
    """Writes rows in batches."""
    with model.batch_write() as batch:
        for row in rows:
            batch.save(row)


_MATCH: dict[Op, Callable[[Any, Any], Any]] = {
    Op.EQ: lambda v, o: v == o,
    Op.NE: lambda v, o: v != o,
    Op.IN: lambda v, o: v in o,
    Op.NOT_IN: lambda v, o: v not in o,
    Op.BETWEEN: lambda v, o: o[0] <= v <= o[1],
    Op.GT: lambda v, o: v > o,
    Op.GE: lambda v, o: v >= o,
    Op.LT: lambda v, o: v < o,
    Op.LE: lambda v, o: v <= o,
    Op.BEGINS: lambda v, o: v.startswith(o),
    Op.CONTAINS: lambda v, o: o in v,
}


def matches(row: Any, condition: Condition) -> bool:
    """Evaluates a condition on a row: an implementation of its own to compare with."""
    value = state_of(row.status) if condition.field == "state" else getattr(row, condition.field)
    if condition.op in (Op.EXISTS, Op.MISSING):
        return (value is not None) == (condition.op is Op.EXISTS)
    if value is None:
        return condition.op in (Op.NE, Op.NOT_IN)
    return bool(_MATCH[condition.op](value, condition.value))


def expected(rows: Sequence[Any], conditions: Conditions, sort: Sort | None) -> list[tuple[Any, int]]:
    """Lists (sort value, ticket_id) of the matching rows, sorted by that; ties may come in any order."""
    matching = [r for r in rows if all(matches(r, c) for c in conditions)]
    if sort is None:
        return sorted((None, r.ticket_id) for r in matching)
    pairs = [(getattr(r, sort.field), r.ticket_id) for r in matching]
    present = sorted((p for p in pairs if p[0] is not None), reverse=sort.descending)
    return present + sorted((p for p in pairs if p[0] is None), key=lambda p: p[1])


NEWEST = Sort("updated_at", descending=True)


def on(field: str, value: Any, op: Op = Op.EQ) -> Condition:
    """Makes a condition."""
    return Condition(field, op, value)


def fill(model: type[Any], count: int = 60) -> None:
    """Stores tickets of every kind."""
    names = ("ana", "ben", None)
    store(
        model,
        [
            ticket(
                model, n, subject=f"s{n:02}", status=("open", "new", "solved")[n % 3], score=n % 7,
                updated_at=stamp(n // 4), due_at=stamp(n) if n % 2 else None, assignee_id=names[n % 3],
                extra={"n": n},
            )
            for n in range(count)
        ],
    )  # fmt: skip


def numbers(page: Any) -> list[int]:
    """Lists the numbers on a page."""
    return [int(row.ticket_id) for row in page.rows]
