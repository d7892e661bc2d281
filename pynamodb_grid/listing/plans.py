"""Declares how a model's keys answer logical conditions; see the README for a worked example."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pynamodb_grid.listing.request import Conditions

Values = Sequence[Any] | Callable[[], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Fixed:
    """Hash key that is a field's own value: needs an equality (EQ or a short IN) on it."""

    field: str


@dataclass(frozen=True, slots=True)
class Partitioned:
    """Hash key computed from a logical value, one or several keys each (shards).

    values lists every logical value there is (or returns them): with it, a list without a condition on the
    field merges the partitions of all values.
    """

    field: str
    keys: Callable[[Any], Sequence[Any]]
    values: Values = ()


@dataclass(frozen=True, slots=True)
class Plain:
    """Range key that is a field's own value."""

    field: str


@dataclass(frozen=True, slots=True)
class Prefixed:
    """Range key of the form `<prefix value><separator><field as text>`, such as `open#2026-01-31T...`.

    Without a condition on the prefix field, one range per value in values is merged. encode turns a Python
    value of the field into the text in the key; by default it is the attribute's own serialization.
    """

    prefix: str
    field: str
    values: Values
    separator: str = "#"
    encode: Callable[[Any], str] | None = None


@dataclass(frozen=True, slots=True)
class IndexPlan:
    """One way to read: a secondary index by name, or the table itself (index=None).

    small allows reading the fixed partitions whole to sort by any column: True, or a predicate on the
    conditions (implied ones included). complete=True asserts that every row is in the index, complete=False
    that some are not; by default that follows from whether the key fields may be null. consistent applies to
    the table only.
    """

    index: str | None
    hash: Fixed | Partitioned
    range: Plain | Prefixed | None = None
    small: bool | Callable[[Conditions], bool] = False
    complete: bool | None = None
    consistent: bool = False


@dataclass(frozen=True, slots=True)
class SmallTable:
    """Opts in to reading a tiny table (roles, settings) by Scan, up to cap items."""

    cap: int = 500
    consistent: bool = field(default=False)


Plan = IndexPlan | SmallTable


def known_values(values: Values) -> tuple[Any, ...]:
    """Lists the declared values, calling for them where they are data."""
    return tuple(values() if callable(values) else values)
