"""Plan 1: a page by merging key ranges, at the same cost however deep the page is."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from pynamodb_grid.listing.cursor import Cursor
from pynamodb_grid.listing.merge import Anchor, Merge, open_streams
from pynamodb_grid.listing.reader import Reader
from pynamodb_grid.listing.routes import Route
from pynamodb_grid.listing.schema import Item, Schema

KIND = "index"
_EXPORT_BATCH = 250


@dataclass(frozen=True, slots=True)
class Slice:
    """Holds a page's items and the cursors around it, not signed yet."""

    items: list[Item]
    next: Cursor | None
    previous: Cursor | None
    resume: Cursor | None = None
    count: int | None = None

    @property
    def partial(self) -> bool:
        """Tells whether the evaluation cap ended the page."""
        return self.resume is not None


def fits(schema: Schema, route: Route, cursor: Cursor) -> bool:
    """Tells whether a cursor's layout is of this route: keys of the right number and kind."""
    width = 1 + len(schema.pk_names)

    def position(value: Any) -> bool:
        return (
            isinstance(value, tuple)
            and len(value) == width
            and all(isinstance(t, str) for t in value[1:])
            and isinstance(value[0], str if route.keys.range_name else type(None))
        )

    count = len(route.partitions)
    anchor, positions = cursor.anchor, cursor.positions
    if anchor and not (isinstance(anchor[0], int) and 0 <= anchor[0] < count and position(anchor[1:])):
        return False
    return positions is None or (
        len(positions) == count and all(p is None or p is False or position(p) for p in positions)
    )


def read_slice(
    schema: Schema, route: Route, reader: Reader, *, size: int, cursor: Cursor | None, budget: int | None
) -> Slice:
    """Reads one page; size + 1 rows are drawn, so that "there is more" is exact."""
    backward = bool(cursor and cursor.backward)
    forward = route.descending is backward
    anchor, positions = (cursor.anchor, cursor.positions) if cursor else (None, None)
    streams = open_streams(schema, route, forward, anchor, positions)
    merge = Merge(reader, streams, forward, size + 1, budget)
    drawn: list[tuple[int, Item]] = []
    for row in merge.rows():
        drawn.append(row)
        if len(drawn) > size:
            break
    if backward and not drawn and not merge.capped:
        # Everything before was deleted meanwhile: the first page is what the reader wants to see.
        return read_slice(schema, route, reader, size=size, cursor=None, budget=budget)
    rows = drawn[:size]
    ends = [_anchor(schema, route, row) for row in (rows[0], rows[-1])] if rows else []
    onward = None
    if len(drawn) > size or merge.capped:
        at = ends[-1] if ends else anchor
        held = tuple(s.resume for s in streams) if merge.capped else None
        origin = _origin(cursor, bool(rows)) if merge.capped else None
        onward = Cursor(KIND, backward, at, held, origin)
    behind = _behind(cursor, ends, merge.capped)
    if backward:
        rows.reverse()
    items = [item for _, item in rows]
    resume = onward if merge.capped and len(rows) < size else None
    return Slice(items, behind if backward else onward, onward if backward else behind, resume)


def _behind(cursor: Cursor | None, ends: list[Anchor], capped: bool) -> Cursor | None:
    """Makes the cursor that leads back to where the reader came from; None where nothing lies there."""
    if cursor is None or (cursor.anchor is None and cursor.positions is None):
        return None
    if ends:
        return Cursor(KIND, not cursor.backward, ends[0])
    if capped:
        # No row to anchor on: lead back by the very cursor that made the page before.
        return None if cursor.origin is None else Cursor.from_payload(cursor.origin)
    return Cursor(KIND, not cursor.backward)  # no rows are left here, so the page before is the last one


def _origin(cursor: Cursor | None, has_rows: bool) -> Any:
    """Notes which cursor shows the page that an empty continuation would lead back to."""
    if not has_rows and cursor is not None:
        return cursor.origin
    return replace(cursor or Cursor(KIND), origin=None).payload()


def _anchor(schema: Schema, route: Route, row: tuple[int, Item]) -> Anchor:
    return (row[0], *schema.position(row[1], route.keys))


def read_all(schema: Schema, route: Route, reader: Reader) -> Iterator[Item]:
    """Streams the whole list in order; memory is bounded by one batch per partition."""
    forward = not route.descending
    streams = open_streams(schema, route, forward, None, None)
    for _, item in Merge(reader, streams, forward, _EXPORT_BATCH, None).rows():
        yield item
