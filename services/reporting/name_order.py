"""The order of people, teams and categories by name, for lists that are sorted by them.

The columnar copy holds ids, and names must not enter it: an erasure would have to follow them there. So each process
looks the names up and gives the database nothing but each id's place among the others.
"""
# ruff: noqa: S608 - statements are put together from this package's own names; values are parameters

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.natural_order import natural_key
from services.reporting.reader import View
from services.reporting.reporting_errors import BadSelection
from services.reporting.schema import quoted
from services.reporting.store import File

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FRESH = 60.0  # seconds that a name may be old where it only decides about an order
MOST_NAMES = 50_000

# Maps ids to names, without those nobody knows.
NamesOf = Callable[[Collection[str]], Mapping[str, str]]


@dataclass(frozen=True)
class _Loaded:
    connection: "DuckDBPyConnection"
    version: tuple[File, ...]
    until: float


class NameOrder:
    """Knows the places of the ids in some fields; `names` has a way to look names up for each of them."""

    def __init__(self, names: Mapping[str, NamesOf], clock: Callable[[], float]) -> None:
        self._names, self._clock = names, clock
        self._loaded: dict[str, _Loaded] = {}

    @property
    def fields(self) -> Collection[str]:
        """Name the fields whose values are sorted by what they are called."""
        return self._names.keys()

    def is_ready(self, view: View, field: str) -> bool:
        """Tell whether the places are in a view's database, and are those of its content."""
        loaded = self._loaded.get(field)
        return (
            loaded is not None
            and loaded.connection is view.connection
            and loaded.version == view.version
            and self._clock() < loaded.until
        )

    def unplaced(self, view: View, field: str) -> list[str]:
        """List the ids that need a place; raises BadSelection if they are too many."""
        column = quoted([field])
        sql = f"SELECT DISTINCT {column} FROM tickets WHERE {column} IS NOT NULL LIMIT ?"
        ids = [id_ for (id_,) in view.rows(sql, [MOST_NAMES + 1])]
        if len(ids) > MOST_NAMES:
            raise BadSelection(f"More than {MOST_NAMES:,} names cannot be sorted. Sort by another column.")
        return ids

    def looked_up(self, field: str, ids: Collection[str]) -> list[str]:
        """Return the ids that have a name, in the order of the names."""
        names = self._names[field](ids)
        return sorted(names, key=lambda id_: (natural_key(names[id_]), id_))

    def load(self, view: View, field: str, ordered: Collection[str]) -> None:
        """Put the places into a view's database."""
        view.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {table_of(field)} AS "
            "SELECT unnest(?::VARCHAR[]) AS id, unnest(range(?)) AS place",
            [list(ordered), len(ordered)],
        )
        self._loaded[field] = _Loaded(view.connection, view.version, self._clock() + FRESH)


def table_of(field: str) -> str:
    """Name the table with the places of a field's ids."""
    return f"order_of_{field}"
