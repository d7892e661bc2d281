"""One page of tickets by any reportable field or by what a figure counts: the plan for lists that no index serves."""
# ruff: noqa: S608 - statements are put together from this package's own names; values are parameters

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.tickets_listing import COUNTED, Condition, Op, Position, Sort, Window
from services.reporting.counted import Counted, tickets_of
from services.reporting.fold import micros
from services.reporting.name_order import table_of
from services.reporting.periods import period
from services.reporting.queries import newest
from services.reporting.reader import View
from services.reporting.reporting_errors import BadSelection
from services.reporting.schema import EVENT, IS_DONE, RANKED, STATE, quoted

# What a list may filter and sort by, and the SQL behind it.
FIELDS = {
    **{name: quoted([name]) for name in ("ticket_id", "version", *STATE)},
    "updated_at": '"at"',
    "state": f"CASE WHEN {IS_DONE} THEN 'done' ELSE 'open' END",
}
LISTED_FIELDS = frozenset({*FIELDS, COUNTED})
_TEXT = frozenset(name for name in FIELDS if EVENT.get(name) == "VARCHAR" or name == "state")
_TIMES = frozenset(name for name in FIELDS if name.endswith("_at"))
MOST_ROWS = 1_000
MOST_CHOICES = 500

Where = tuple[str, list[Any]]
_COMPARE: dict[Op, Callable[[str, list[Any]], Where]] = {
    Op.EQ: lambda column, values: (f"{column} = ?", values),
    Op.NE: lambda column, values: (f"{column} IS DISTINCT FROM ?", values),
    Op.IN: lambda column, values: (f"{column} IN ({_marks(values)})", values),
    Op.NOT_IN: lambda column, values: (f"NOT coalesce({column} IN ({_marks(values)}), false)", values),
    Op.BETWEEN: lambda column, values: (f"{column} BETWEEN ? AND ?", values),
    Op.GT: lambda column, values: (f"{column} > ?", values),
    Op.GE: lambda column, values: (f"{column} >= ?", values),
    Op.LT: lambda column, values: (f"{column} < ?", values),
    Op.LE: lambda column, values: (f"{column} <= ?", values),
    Op.BEGINS: lambda column, values: (f"starts_with({column}, ?)", values),
    Op.CONTAINS: lambda column, values: (f"contains({column}, ?)", values),
    Op.EXISTS: lambda column, _: (f"{column} IS NOT NULL", []),
    Op.MISSING: lambda column, _: (f"{column} IS NULL", []),
}
_MANY = frozenset({Op.IN, Op.NOT_IN, Op.BETWEEN})
_NONE = frozenset({Op.EXISTS, Op.MISSING})


def select(
    view: View,
    conditions: Sequence[Condition],
    sort: Sort | None,
    window: Window,
    *,
    now: datetime,
    by_name: Collection[str] = (),
) -> tuple[list[Position], int]:
    """Find the positions of a window's rows in order, and the number of tickets that match.

    A position is the value that the list is sorted by and the ticket's number, so that a page begins at the same
    ticket whatever came or went before it. Fields in `by_name` are sorted by the tables of name_order.
    """
    if not 1 <= window.size <= MOST_ROWS or window.offset < 0:
        raise BadSelection(f"A page has 1 to {MOST_ROWS} rows and starts at 0 or later.")
    wheres = [_where(view, condition, now) for condition in conditions]
    clause = " AND ".join(f"({text})" for text, _ in wheres) or "true"
    values = [value for _, given in wheres for value in given]
    order = _Order.of(sort, by_name)
    beside, beside_values = order.beside(window)
    # The matching rows are found once, for their number and for the page.
    sql = (
        f"WITH chosen AS MATERIALIZED (SELECT ticket_id, {order.column} AS value FROM tickets WHERE {clause}) "
        f"SELECT value, ticket_id, (SELECT count(*) FROM chosen) FROM chosen{order.join} "
        f"WHERE {beside} ORDER BY {order.text(window.backward)} LIMIT ? OFFSET ?"
    )
    rows = view.rows(sql, [*values, *beside_values, window.size, window.offset])
    if rows:
        count = rows[0][2]
    else:
        ((count,),) = view.rows(f"SELECT count(*) FROM tickets WHERE {clause}", values)
    positions = [(value, ticket_id) for value, ticket_id, _ in rows]
    return positions[::-1] if window.backward else positions, count


@dataclass(frozen=True)
class _Order:
    """The order of a list: its column, the SQL of a row's place and of any value's, and what to join for them."""

    column: str
    own_place: str
    place: str
    type: str
    descending: bool
    join: str = ""

    @classmethod
    def of(cls, sort: Sort | None, by_name: Collection[str]) -> "_Order":
        if sort is None:
            return cls('"at"', "value", "{}", "BIGINT", descending=True)
        field = sort.field
        if field not in FIELDS:
            raise BadSelection(f"Reports do not know the field {field[:60]!r}.")
        kind = "VARCHAR" if field in _TEXT else "BIGINT"
        if field in by_name:
            table = table_of(field)
            # The rows join the table of places; a position's own place is looked up there.
            place = f"(SELECT place FROM {table} WHERE id = {{}})"
            join = f" LEFT JOIN {table} ON {table}.id = value"
            return cls(FIELDS[field], f"{table}.place", place, kind, sort.descending, join)
        if field in RANKED:
            place = f"list_position({list(RANKED[field])}, {{}})"
            return cls(FIELDS[field], place.format("value"), place, kind, sort.descending)
        return cls(FIELDS[field], "value", "{}", kind, sort.descending)

    def text(self, backward: bool) -> str:
        """Write the ORDER BY; rows without a value come last, so backward first."""
        way = "DESC" if self.descending is not backward else "ASC"
        return f"{self.own_place} {way} NULLS {'FIRST' if backward else 'LAST'}, ticket_id {way}"

    def beside(self, window: Window) -> Where:
        """Write the condition that a row comes after a position, or before it."""
        if window.beside is None:
            return "true", []
        value, ticket_id = window.beside
        beyond = "<" if self.descending is not window.backward else ">"
        here, there = self.own_place, self.place.format(f"?::{self.type}")
        same = f"{here} IS NOT DISTINCT FROM {there} AND ticket_id {beyond} ?"
        # What has no value is last in either direction; comparing it with a value says nothing.
        earlier, later = (there, here) if window.backward else (here, there)
        missing = f"{earlier} IS NULL AND {later} IS NOT NULL"
        return f"({here} {beyond} {there} OR ({same}) OR ({missing}))", [value, value, ticket_id, value]


def _where(view: View, condition: Condition, now: datetime) -> Where:
    if condition.field == COUNTED:
        return _counted(view, condition.value, now)
    column, op = FIELDS.get(condition.field), condition.op
    if column is None:
        raise BadSelection(f"Reports do not know the field {condition.field[:60]!r}.")
    if op in (Op.BEGINS, Op.CONTAINS) and condition.field not in _TEXT:
        raise BadSelection(f"{condition.field} cannot be compared with {op.value!r}.")
    values = [] if op in _NONE else _values(condition)
    return _COMPARE[op](column, [_operand(condition.field, value) for value in values])


def _counted(view: View, counted: Any, now: datetime) -> Where:
    if not isinstance(counted, Counted):
        raise BadSelection("This is not something that figures count.")
    when = period(counted.filters, as_of=now, newest=newest(view, micros(now)))
    return tickets_of(view, counted, when)


def _values(condition: Condition) -> list[Any]:
    if condition.op not in _MANY:
        return [condition.value]
    if isinstance(condition.value, str) or not isinstance(condition.value, Collection):
        raise BadSelection(f"{condition.field} needs a list of values.")
    if (
        len(condition.value) != 2
        if condition.op is Op.BETWEEN
        else not 1 <= len(condition.value) <= MOST_CHOICES
    ):
        raise BadSelection(f"{condition.field} takes two values, or a choice of 1 to {MOST_CHOICES}.")
    return list(condition.value)


def _marks(values: list[Any]) -> str:
    return ", ".join("?" * len(values))


def _operand(field: str, value: Any) -> Any:
    if field in _TEXT:
        fits: bool = isinstance(value, str)
    elif field in _TIMES:
        fits = isinstance(value, datetime) and value.tzinfo is not None
    else:
        fits = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
    if not fits:
        raise BadSelection(f"{field} cannot be compared with {repr(value)[:60]}.")
    return micros(value) if field in _TIMES else value
