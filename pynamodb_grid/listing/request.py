"""What a list is asked for, and what comes back."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


class Op(enum.Enum):
    """Names the comparisons a condition can make."""

    EQ = "eq"
    IN = "in"
    BETWEEN = "between"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"
    BEGINS = "begins"
    NE = "ne"
    NOT_IN = "not_in"
    CONTAINS = "contains"
    EXISTS = "exists"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Condition:
    """Compares one field: value is a Python value of the attribute, a sequence for IN, NOT_IN and BETWEEN.

    A missing attribute satisfies NE and NOT_IN, as it does in DynamoDB.
    """

    field: str
    op: Op
    value: Any = None


@dataclass(frozen=True, slots=True)
class Sort:
    """Orders a list by one field; rows without the field come last."""

    field: str
    descending: bool = False


Conditions = tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class ListRequest:
    """Asks for one page: size in rows, cursor from an earlier page of the same conditions and sort.

    Instead of a cursor, `number` asks for a page by its number, 1 for the first, of lists that have a count.
    """

    conditions: Conditions = ()
    sort: Sort | None = None
    size: int = 25
    cursor: str | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Holds one page and what it cost.

    scanned is in items, consumed in read units. partial means that the evaluation cap was reached before
    the page filled: `resume` then continues the search. count is set only where it costs nothing extra; as_of is
    when a columnar copy selected the rows, and number is the page's number in its list.
    """

    rows: list[Any]
    next_cursor: str | None = None
    previous_cursor: str | None = None
    partial: bool = False
    scanned: int = 0
    consumed: float = 0.0
    plan: str = ""
    as_of: datetime | None = None
    count: int | None = None
    resume: str | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Describes how a request would be read, without reading."""

    kind: str
    index: str | None
    partitions: tuple[str, ...]
    keyed: tuple[str, ...]
    filtered: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return self.text


def on_field(conditions: Sequence[Condition], field: str) -> Conditions:
    """Picks the conditions on one field."""
    return tuple(c for c in conditions if c.field == field)
