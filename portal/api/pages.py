"""Pages of lists that are short enough to be held in memory."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable
from typing import TypeVar

from portal.api.schemas import MOST_DIGITS, PageQuery
from services.errors import Invalid

Row = TypeVar("Row")


class UnknownCursor(Invalid):
    """The cursor is not of this list."""

    def __init__(self) -> None:
        super().__init__("This cursor is not of this list.", {"cursor": "Unknown."})


def paged(
    rows: Iterable[Row], query: PageQuery, key: Callable[[Row], tuple[str, str]]
) -> tuple[list[Row], str | None]:
    """Return one page of rows in the order of a key, and the cursor of the next.

    The cursor is the key of the last row: rows that come or go in between move no other row to another page.
    """
    after = _read(query.cursor)
    left = sorted((row for row in rows if after is None or key(row) > after), key=key)
    page = left[: query.size]
    return page, _written(key(page[-1])) if len(left) > len(page) else None


def number_of(cursor: str | None) -> int:
    """Read a cursor that is a number, 0 without one; raises Invalid."""
    cursor = cursor or "0"
    if not cursor.isascii() or not cursor.isdecimal() or len(cursor) > MOST_DIGITS:
        raise UnknownCursor
    return int(cursor)


def _written(key: tuple[str, str]) -> str:
    return urlsafe_b64encode(json.dumps(key, ensure_ascii=False).encode()).decode().rstrip("=")


def _read(cursor: str | None) -> tuple[str, str] | None:
    if cursor is None:
        return None
    try:
        parts = json.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
        name, id_ = parts
        if isinstance(name, str) and isinstance(id_, str):
            return name, id_
    except (ValueError, TypeError, RecursionError):
        pass
    raise UnknownCursor
