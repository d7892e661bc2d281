"""Lists that are short enough to read whole, paged as a service pages its own: organizations, teams, categories."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pynamodb_grid.listing import BadCursor, BadRequest, Condition, Conditions, ListRequest, Op, Page, Sort
from services.text import search_text, search_words
from services.users.identity import Actor


class InMemoryRows:
    """Pages, sorts and filters rows in memory; the cursor is the number of rows passed over."""

    def __init__(self, read: Callable[[], Sequence[Any]], *, fields: Sequence[str]) -> None:
        """Keep what reads all rows, and the fields they can be sorted by."""
        self._read, self._fields = read, fields

    def page(self, *, actor: Actor, request: ListRequest) -> Page:
        """Cut one page out of the rows that match."""
        if request.sort is not None and request.sort.field not in self._fields:
            raise BadRequest(f"This list cannot be sorted by {request.sort.field[:60]!r}.")
        start = _offset(request.cursor)
        rows = list(self.iterate(actor=actor, conditions=request.conditions, sort=request.sort))
        end = start + request.size
        before = str(max(0, start - request.size)) if start else None
        after = str(end) if end < len(rows) else None
        return Page(rows[start:end], after, before, scanned=len(rows), plan="read whole", count=len(rows))

    def iterate(self, *, actor: Actor, conditions: Conditions, sort: Sort | None) -> Iterator[Any]:
        """Walk the rows that match, in order; who may see the list sees all of it."""
        del actor
        rows = [row for row in self._read() if all(_holds(row, condition) for condition in conditions)]
        if sort is not None:
            rows.sort(key=lambda row: search_text(str(getattr(row, sort.field))), reverse=sort.descending)
        return iter(rows)

    def sortable(self, _: Conditions) -> set[str]:
        """Sort by any of the fields."""
        return set(self._fields)


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 6:
        raise BadCursor("This page link is not valid. Start again from the first page.")
    return int(cursor)


def _holds(row: Any, condition: Condition) -> bool:
    value = getattr(row, condition.field)
    match condition.op:
        case Op.CONTAINS:
            folded = search_text(str(value))
            return all(word in folded for word in search_words(str(condition.value)))
        case Op.IN:
            return value in condition.value
        case Op.NOT_IN:
            return value not in condition.value
        case Op.NE:
            return bool(value != condition.value)
        case _:
            return bool(value == condition.value)
