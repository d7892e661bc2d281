"""Lists of tickets: which index answers what, declared for the listing planner."""

from dataclasses import dataclass
from typing import Any

from models.ticket import Ticket, side, state_partitions
from models.ticket_fields import ALL_FIELDS, ItemFields, Kind, ListedFields, read_fields
from models.times import from_text, to_text
from pynamodb_grid.listing import (
    BadRequest,
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
    Position,
    Prefixed,
    Selection,
    Sort,
    Unavailable,
    Window,
)

__all__ = [
    "COUNTED",
    "BadRequest",
    "ColumnarPort",
    "Condition",
    "ListRequest",
    "Listing",
    "Op",
    "Page",
    "Position",
    "Selection",
    "Sort",
    "TicketRow",
    "Unavailable",
    "Window",
    "build",
]

STATES = ("open", "done")
# The condition that a figure of the reports counts a ticket; only the columnar copy knows it.
COUNTED = "counted"


@dataclass(frozen=True, kw_only=True)
class TicketRow(ListedFields, ItemFields):
    """What a list shows of a ticket."""


# What is stored as an id, and sorted by what the id is called.
NAMED = frozenset({Kind.USER, Kind.TEAM, Kind.CATEGORY, Kind.ORGANIZATION})
_FIELDS = (*read_fields(ListedFields), *read_fields(ItemFields))
_NUMBERS = tuple(each.name for each in _FIELDS if each.kind is Kind.NUMBER)
_TIMES = tuple(each.name for each in _FIELDS if each.kind is Kind.TIME)
_TEXTS = tuple(each.name for each in _FIELDS if each.name not in (*_NUMBERS, *_TIMES))


def read_row(item: dict[str, Any]) -> TicketRow:
    """Build a row from a raw item.

    It fills the instance itself: calling a frozen dataclass takes three times as long, and a page has many rows.
    """
    get = item.get
    row = TicketRow.__new__(TicketRow)
    values = row.__dict__
    for name in _TEXTS:
        raw = get(name)
        values[name] = None if raw is None else raw.get("S")
    for name in _NUMBERS:
        values[name] = int(item[name]["N"])
    for name in _TIMES:
        values[name] = from_text(item[name]["S"])
    return row


def build(*, keys: tuple[bytes, ...], shards: int, columnar: ColumnarPort | None = None) -> Listing:
    """Declare the plans; `keys` sign cursors, `columnar` answers what no index can."""
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
        attributes=tuple(each.name for each in _FIELDS),
        row=read_row,
        columnar=columnar,
        sorted_by_copy=tuple(each.name for each in ALL_FIELDS if each.kind in NAMED),
        ranks={each.name: each.values for each in ALL_FIELDS if each.ranked},
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
