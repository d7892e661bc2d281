"""Plan 3: keys from a columnar copy, rows from the table, so that what is shown is current."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pynamodb_grid.listing.cursor import Cursor
from pynamodb_grid.listing.index_pages import Slice
from pynamodb_grid.listing.reader import Reader
from pynamodb_grid.listing.request import Conditions, Sort
from pynamodb_grid.listing.schema import Item, Schema

KIND = "columnar"
FRESH_SECONDS = 30.0  # an older copy serves only what no index can
_EXPORT_BATCH = 100

# Where a row stands in a list: the value it is sorted by, as JSON can hold it, and its key.
Position = tuple[Any, Any]
Holds = Callable[[Item], bool]


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows of a list: `size` of them after `offset` others, or beside a position.

    Beside a position they come after it, or before it when `backward`.
    """

    size: int
    offset: int = 0
    beside: Position | None = None
    backward: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """Answers a columnar query: rows in order, how many there are in all, and how current the copy is (aware UTC).

    A key is a scalar, or a pair for a composite one.
    """

    positions: Sequence[Position]
    count: int
    as_of: datetime | None = None


class ColumnarPort(Protocol):
    """Selects rows by any conditions and sort."""

    @property
    def fields(self) -> Collection[str]:
        """Name what it can filter and sort by; fields the model does not have are for conditions only."""
        ...

    def age(self) -> float | None:
        """Tell by how many seconds the copy is behind the table; None while there is no copy."""
        ...

    def select(self, conditions: Conditions, sort: Sort | None, window: Window) -> Selection:
        """Give the rows of a window; raises ListingError."""
        ...


def select_slice(
    schema: Schema,
    port: ColumnarPort,
    conditions: Conditions,
    sort: Sort | None,
    *,
    size: int,
    cursor: Cursor | None,
    number: int | None,
    reader: Reader,
    holds: Holds,
) -> tuple[Slice, datetime | None, int]:
    """Read one page, when it was selected, and how many rows come before it.

    Rows that no longer match, or that are gone, are left out: what is listed is as the conditions say.
    """
    offset, window = _window(size, cursor, number)
    selection = port.select(conditions, sort, window)
    if not selection.positions and selection.count and window != Window(size + 1):
        # The rows of this page are gone: before it is the last page, after it the first one.
        offset = 0 if window.backward else (selection.count - 1) // size * size
        window = Window(size + 1, offset)
        selection = port.select(conditions, sort, window)
    positions = list(selection.positions)
    more = len(positions) > size
    if window.backward:
        if not more and len(positions) < size:
            return select_slice(
                schema,
                port,
                conditions,
                sort,
                size=size,
                cursor=None,
                number=None,
                reader=reader,
                holds=holds,
            )
        positions = positions[-size:]
        offset = max(0, offset - len(positions)) if more else 0
        newer, older = more, True
    else:
        positions = positions[:size]
        newer, older = offset > 0, more
    items = reader.fetch([schema.pk_item(key) for _, key in positions])
    after = Cursor(KIND, False, (offset + len(positions), *positions[-1])) if older and positions else None
    before = Cursor(KIND, True, (offset, *positions[0])) if newer and positions else None
    rows = [item for item in items if item is not None and holds(item)]
    return Slice(rows, after, before, count=selection.count), selection.as_of, offset


def _window(size: int, cursor: Cursor | None, number: int | None) -> tuple[int, Window]:
    """Say where a page begins, and ask for one row more, so that "there is more" is exact."""
    if cursor is not None and cursor.anchor is not None:
        offset, value, key = cursor.anchor
        return int(offset), Window(size + 1, 0, (value, key), cursor.backward)
    offset = ((number or 1) - 1) * size
    return offset, Window(size + 1, offset)


def select_all(
    schema: Schema,
    port: ColumnarPort,
    conditions: Conditions,
    sort: Sort | None,
    *,
    reader: Reader,
    holds: Holds,
) -> Iterator[Item]:
    """Stream every row; keys are drawn in batches, each after the last row of the one before."""
    window = Window(_EXPORT_BATCH)
    while True:
        selection = port.select(conditions, sort, window)
        items = reader.fetch([schema.pk_item(key) for _, key in selection.positions])
        yield from (item for item in items if item is not None and holds(item))
        if len(selection.positions) < _EXPORT_BATCH:
            return
        window = Window(_EXPORT_BATCH, 0, selection.positions[-1])
