"""One page of tickets by any reportable field: the plan for lists that no index serves."""
# ruff: noqa: S608 - statements are put together from this package's own names; values are parameters

import enum
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from services.reporting.fold import micros
from services.reporting.ports import Condition, Sort
from services.reporting.reader import View
from services.reporting.reporting_errors import BadSelection
from services.reporting.schema import EVENT, IS_DONE, RANKED, STATE, quoted

# What a list may filter and sort by, and the SQL behind it.
FIELDS = {
    **{name: quoted([name]) for name in ("ticket_id", "version", *STATE)},
    "updated_at": '"at"',
    "state": f"CASE WHEN {IS_DONE} THEN 'done' ELSE 'open' END",
}
_TEXT = frozenset(name for name in FIELDS if EVENT.get(name) == "VARCHAR" or name == "state")
_TIMES = frozenset(name for name in FIELDS if name.endswith("_at"))
_ORDER = {name: f"list_position({list(values)}, {quoted([name])})" for name, values in RANKED.items()}
MOST_ROWS = 1_000
MOST_CHOICES = 500

Where = tuple[str, list[Any]]
_COMPARE: dict[str, Callable[[str, list[Any]], Where]] = {
    "eq": lambda column, values: (f"{column} = ?", values),
    "ne": lambda column, values: (f"{column} IS DISTINCT FROM ?", values),
    "in": lambda column, values: (f"list_contains(?, {column})", [values]),
    "not_in": lambda column, values: (f"NOT coalesce(list_contains(?, {column}), false)", [values]),
    "between": lambda column, values: (f"{column} BETWEEN ? AND ?", values),
    "gt": lambda column, values: (f"{column} > ?", values),
    "ge": lambda column, values: (f"{column} >= ?", values),
    "lt": lambda column, values: (f"{column} < ?", values),
    "le": lambda column, values: (f"{column} <= ?", values),
    "begins": lambda column, values: (f"starts_with({column}, ?)", values),
    "contains": lambda column, values: (f"contains({column}, ?)", values),
    "exists": lambda column, _: (f"{column} IS NOT NULL", []),
    "missing": lambda column, _: (f"{column} IS NULL", []),
}
_MANY = frozenset({"in", "not_in", "between"})
_NONE = frozenset({"exists", "missing"})


def select(
    view: View, conditions: Sequence[Condition], sort: Sort | None, size: int, offset: int
) -> tuple[tuple[int, ...], int]:
    """Find the ids of one page in order, and the number of tickets that match."""
    if not 1 <= size <= MOST_ROWS or offset < 0:
        raise BadSelection(f"A page has 1 to {MOST_ROWS} rows and starts at 0 or later.")
    wheres = [_where(condition) for condition in conditions]
    clause = " AND ".join(f"({text})" for text, _ in wheres) or "true"
    values = [value for _, given in wheres for value in given]
    (count,) = view.rows(f"SELECT count(*) FROM tickets WHERE {clause}", values)[0]
    sql = f"SELECT ticket_id FROM tickets WHERE {clause} ORDER BY {_order(sort)} LIMIT ? OFFSET ?"
    rows = view.rows(sql, [*values, size, offset])
    return tuple(ticket_id for (ticket_id,) in rows), count


def _where(condition: Condition) -> Where:
    column = FIELDS.get(condition.field)
    op = condition.op.value if isinstance(condition.op, enum.Enum) else condition.op
    if column is None:
        raise BadSelection(f"Reports do not know the field {condition.field[:60]!r}.")
    if op not in _COMPARE or (op in ("begins", "contains") and condition.field not in _TEXT):
        raise BadSelection(f"{condition.field} cannot be compared with {str(op)[:20]!r}.")
    values = [] if op in _NONE else _values(condition, op)
    return _COMPARE[op](column, [_operand(condition.field, value) for value in values])


def _values(condition: Condition, op: str) -> list[Any]:
    if op not in _MANY:
        return [condition.value]
    if isinstance(condition.value, str) or not isinstance(condition.value, Collection):
        raise BadSelection(f"{condition.field} needs a list of values.")
    if len(condition.value) != 2 if op == "between" else len(condition.value) > MOST_CHOICES:
        raise BadSelection(f"{condition.field} takes two values, or a choice of at most {MOST_CHOICES}.")
    return list(condition.value)


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


def _order(sort: Sort | None) -> str:
    if sort is None:
        return '"at" DESC, ticket_id DESC'
    if sort.field not in FIELDS:
        raise BadSelection(f"Reports do not know the field {sort.field[:60]!r}.")
    way = "DESC" if sort.descending else "ASC"
    return f"{_ORDER.get(sort.field, FIELDS[sort.field])} {way} NULLS LAST, ticket_id {way}"
