"""Lists of tickets: which index answers what, declared for the listing planner."""

from datetime import datetime
from typing import Any, NamedTuple

from models.ticket import DONE_STATUSES, OPEN_STATUSES, PRIORITIES, Ticket, side, state_partitions
from models.times import from_text, to_text
from pynamodb_grid.listing import (
    ColumnarPort,
    Condition,
    Conditions,
    Fixed,
    IndexPlan,
    Listing,
    ListRequest,
    Op,
    Page,
    Partitioned,
    Plain,
    Prefixed,
    Sort,
)

__all__ = ["Condition", "ListRequest", "Listing", "Op", "Page", "Sort", "TicketRow", "build"]

STATES = ("open", "done")


class TicketRow(NamedTuple):
    """What a list shows of a ticket."""

    ticket_id: int
    version: int
    subject: str
    status: str
    priority: str
    category: str | None
    team_id: str | None
    assignee_id: str | None
    requester_id: str | None
    channel: str | None
    created_at: datetime
    updated_at: datetime


def read_row(item: dict[str, Any]) -> TicketRow:
    """Build a row from a raw item; a tuple, because a page makes many."""

    def text(name: str) -> Any:
        value = item.get(name)
        return value["S"] if value is not None and "S" in value else None

    return TicketRow(
        int(item["ticket_id"]["N"]),
        int(item["version"]["N"]),
        item["subject"]["S"],
        item["status"]["S"],
        item["priority"]["S"],
        text("category"),
        text("team_id"),
        text("assignee_id"),
        text("requester_id"),
        text("channel"),
        from_text(item["created_at"]["S"]),
        from_text(item["updated_at"]["S"]),
    )


def build(*, keys: tuple[bytes, ...], shards: int, columnar: ColumnarPort | None = None) -> Listing:
    """Declare the plans; `keys` sign cursors, `columnar` answers what no index can.

    Nobody passes `columnar` yet: filled by the columnar copy, once lists can be filtered beyond their indexes.
    """
    by_change = Prefixed("state", "updated_at", STATES, encode=to_text)
    by_state = Partitioned("state", lambda state: state_partitions(state, shards), STATES)
    return Listing(
        Ticket,
        key=keys,
        plans=(
            IndexPlan("by_assignee", Fixed("assignee_id"), by_change, small=_only_open),
            IndexPlan("by_requester", Fixed("requester_id"), by_change, small=_only_open),
            IndexPlan("by_team", Fixed("team_id"), by_change),
            IndexPlan("by_organization", Fixed("organization_id"), by_change),
            IndexPlan("by_state", by_state, Plain("updated_at")),
        ),
        implied=_implied,
        attributes=TicketRow._fields,
        row=read_row,
        columnar=columnar,
        ranks={"priority": PRIORITIES, "status": OPEN_STATUSES + DONE_STATUSES},
    )


def _only_open(conditions: Conditions) -> bool:
    """Open tickets of one person are few enough to be sorted by any column."""
    return any(c.field == "state" and c.op is Op.EQ and c.value == "open" for c in conditions)


def _implied(conditions: Conditions) -> Conditions:
    """A choice of statuses that lie on one side of the workflow fixes the state, and so the key."""
    fixed = []
    for condition in conditions:
        if condition.field == "status" and condition.op in (Op.EQ, Op.IN):
            values = [condition.value] if condition.op is Op.EQ else list(condition.value)
            states = {side(value) for value in values}
            if len(states) == 1:
                fixed.append(Condition("state", Op.EQ, states.pop()))
    return tuple(fixed)
