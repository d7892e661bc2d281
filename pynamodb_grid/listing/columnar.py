"""Plan 3: ids from a columnar copy, rows from the table, so that what is shown is current."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pynamodb_grid.listing.cursor import Cursor
from pynamodb_grid.listing.index_pages import Slice
from pynamodb_grid.listing.reader import Reader
from pynamodb_grid.listing.request import Conditions, Sort
from pynamodb_grid.listing.schema import Item, Schema

KIND = "columnar"
_EXPORT_BATCH = 100


@dataclass(frozen=True, slots=True)
class Selection:
    """Answers a columnar query: table keys in order, rows in all, and how current the copy is (aware UTC)."""

    ids: Sequence[Any]
    count: int
    as_of: datetime | None = None


class ColumnarPort(Protocol):
    """Selects table keys by any conditions and sort; a key is a scalar, or a pair for a composite one."""

    def select(self, conditions: Conditions, sort: Sort | None, size: int, offset: int) -> Selection:
        """Gives up to size keys from offset on."""
        ...


def select_slice(
    schema: Schema,
    port: ColumnarPort,
    conditions: Conditions,
    sort: Sort | None,
    *,
    size: int,
    cursor: Cursor | None,
    reader: Reader,
) -> tuple[Slice, datetime | None]:
    """Reads one page by offset; rows deleted since the copy was made are left out."""
    offset = int(cursor.anchor[0]) if cursor and cursor.anchor else 0
    selection = port.select(conditions, sort, size, offset)
    items = [i for i in reader.fetch([schema.pk_item(pk) for pk in selection.ids]) if i is not None]
    after = Cursor(KIND, False, (offset + size,)) if offset + size < selection.count else None
    before = Cursor(KIND, True, (max(0, offset - size),)) if offset else None
    return Slice(items, after, before, count=selection.count), selection.as_of


def select_all(
    schema: Schema, port: ColumnarPort, conditions: Conditions, sort: Sort | None, reader: Reader
) -> Iterator[Item]:
    """Streams every row; keys are drawn in batches."""
    offset = 0
    while True:
        selection = port.select(conditions, sort, _EXPORT_BATCH, offset)
        yield from (i for i in reader.fetch([schema.pk_item(pk) for pk in selection.ids]) if i is not None)
        offset += _EXPORT_BATCH
        if not selection.ids or offset >= selection.count:
            return
