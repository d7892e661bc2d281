"""Plan 2: a small set read whole, sorted by any column, paged by row position rather than offset."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pynamodb_grid.listing.cursor import Cursor
from pynamodb_grid.listing.index_pages import Slice
from pynamodb_grid.listing.listing_errors import TooLarge
from pynamodb_grid.listing.merge import Merge, open_streams
from pynamodb_grid.listing.plans import SmallTable
from pynamodb_grid.listing.reader import Reader
from pynamodb_grid.listing.request import Sort
from pynamodb_grid.listing.routes import Route
from pynamodb_grid.listing.schema import Item, Schema

KIND = "memory"


@dataclass(frozen=True, slots=True)
class _Row:
    """Is an item with what orders it: missing values last, ties by table key."""

    missing: bool
    value: Any
    pk: tuple[Any, ...]
    item: Item

    @property
    def key(self) -> tuple[Any, ...]:
        return (self.value, self.pk)


def collect_route(schema: Schema, route: Route, reader: Reader, cap: int) -> list[Item]:
    """Reads every row of a route; TooLarge when more than cap items had to be evaluated."""
    streams = open_streams(schema, route, True, None, None)
    merge = Merge(reader, streams, True, cap + 1, cap + 1)
    items = [item for _, item in merge.rows()]
    if merge.capped or reader.scanned > cap:
        raise _too_large(cap)
    return items


def collect_table(plan: SmallTable, reader: Reader) -> list[Item]:
    """Reads a whole table declared small; TooLarge when it has outgrown its cap."""
    items: list[Item] = []
    start: Item | None = None
    while True:
        batch, start = reader.scan(start, max(1, plan.cap + 1 - reader.scanned), plan.consistent)
        items.extend(batch)
        if reader.scanned > plan.cap:
            raise _too_large(plan.cap)
        if start is None:
            return items


def _too_large(cap: int) -> TooLarge:
    return TooLarge(
        f"More than {cap} rows would have to be sorted. Add a filter, or sort by an indexed column."
    )


def order_items(schema: Schema, items: Sequence[Item], sort: Sort | None) -> list[Item]:
    """Sorts items as slice_items pages them."""
    return [row.item for row in _ordered(schema, items, sort)]


def slice_items(
    schema: Schema, items: Sequence[Item], sort: Sort | None, size: int, cursor: Cursor | None
) -> Slice:
    """Cuts the page beside the cursor's row out of the sorted set."""
    rows = _ordered(schema, items, sort)
    start = 0
    if cursor is not None and cursor.anchor is not None:
        at = _find(schema, rows, sort, cursor.anchor)
        if cursor.backward:
            start = max(0, at - size)
        else:
            anchor_exists = at < len(rows) and schema.pk_of(rows[at].item) == tuple(cursor.anchor[2:])
            start = at + anchor_exists
    elif cursor is not None and cursor.backward:
        start = max(0, len(rows) - size)
    stop = start + size
    if cursor is not None and cursor.backward and cursor.anchor is not None:
        stop = max(at, min(size, len(rows)))
    page = rows[start:stop]
    after = Cursor(KIND, False, _anchor(schema, sort, page[-1])) if page and stop < len(rows) else None
    before = Cursor(KIND, True, _anchor(schema, sort, page[0]) if page else None) if start > 0 else None
    return Slice([row.item for row in page], after, before, count=len(rows))


def _reader_of(schema: Schema, sort: Sort | None) -> Callable[[Item], tuple[bool, Any]]:
    if sort is None:
        return lambda _item: (False, 0)
    name = schema.attr_name(sort.field)

    def read(item: Item) -> tuple[bool, Any]:
        raw = item.get(name)
        if raw is None or "NULL" in raw:
            return True, 0
        kind, text = next(iter(raw.items()))
        return False, schema.order(sort.field, kind, text)

    return read


def _ordered(schema: Schema, items: Sequence[Item], sort: Sort | None) -> list[_Row]:
    read = _reader_of(schema, sort)
    rows = [_Row(*read(item), schema.pk_order(schema.pk_of(item)), item) for item in items]
    descending = bool(sort and sort.descending)
    present = sorted((r for r in rows if not r.missing), key=lambda r: r.key, reverse=descending)
    missing = sorted((r for r in rows if r.missing), key=lambda r: r.key, reverse=descending)
    return present + missing


def _anchor(schema: Schema, sort: Sort | None, row: _Row) -> tuple[Any, ...]:
    raw = row.item.get(schema.attr_name(sort.field)) if sort and not row.missing else None
    kind, text = next(iter(raw.items())) if raw else (None, None)
    return (kind, text, *schema.pk_of(row.item))


def _find(schema: Schema, rows: Sequence[_Row], sort: Sort | None, anchor: tuple[Any, ...]) -> int:
    """Finds where the anchor row stands, or would stand had it not gone."""
    kind, text, *pk = anchor
    missing = sort is not None and kind is None
    key = (schema.order(sort.field, kind, text) if sort and kind else 0, schema.pk_order(tuple(pk)))
    descending = bool(sort and sort.descending)
    for at, row in enumerate(rows):
        if row.missing != missing:
            if missing:
                continue
            return at
        if row.key == key or (row.key > key) is not descending:
            return at
    return len(rows)
