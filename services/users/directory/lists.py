"""DirectoryLists: pages of users selected from the directory, so that a page takes one read."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from models.users_listing import BadRequest, Condition, Op, Position, Selection, Sort, Window
from services.users.directory.copy import Directory
from services.users.directory.person import Person, person_words
from services.users.identity.names import sort_name

_Row = tuple[Person, str]  # somebody, and what they are sorted by
_VALUES: Mapping[str, Callable[[_Row], Any]] = {
    "user_id": lambda row: row[0].user_id,
    "sort_name": lambda row: row[1],
    "role_id": lambda row: row[0].role_id,
    "organization_id": lambda row: row[0].organization_id,
    "active": lambda row: row[0].active,
}
_HOLDS: Mapping[Op, Callable[[Any, Any], bool]] = {
    Op.EQ: lambda value, given: bool(value == given),
    Op.NE: lambda value, given: bool(value != given),
    Op.IN: lambda value, given: value in given,
    Op.NOT_IN: lambda value, given: value not in given,
    Op.BEGINS: lambda value, given: str(value).startswith(given),
    Op.CONTAINS: lambda value, given: given in str(value),
    Op.EXISTS: lambda value, _: value is not None,
    Op.MISSING: lambda value, _: value is None,
}


class DirectoryLists:
    """Selects users by what the directory knows; nothing while it does not know everybody."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._rows: tuple[tuple[Person, ...], list[_Row]] = ((), [])

    @property
    def fields(self) -> Collection[str]:
        """Name what lists can be filtered and sorted by here."""
        return _VALUES.keys()

    def age(self) -> float | None:
        """Tell that the directory is up to date; None while it does not hold everybody."""
        self._directory.people()
        return 0.0 if self._directory.complete else None

    def select(self, conditions: tuple[Condition, ...], sort: Sort | None, window: Window) -> Selection:
        """Return the rows of a window; raises BadRequest for a comparison that it does not know."""
        unknown = next((each for each in conditions if each.op not in _HOLDS), None)
        if unknown is not None:
            raise BadRequest(f"{unknown.field} cannot be compared with {unknown.op.value!r}.")
        tests = [_test(each) for each in conditions]
        rows = [row for row in self._by_name() if all(test(row) for test in tests)]
        order = sort or Sort("sort_name")
        value = _VALUES[order.field]
        positions: list[Position] = [(value(row), row[0].user_id) for row in rows]
        positions.sort(key=lambda position: (str(position[0] or ""), position[1]), reverse=order.descending)
        if value is not _VALUES["sort_name"]:  # whoever has no value comes last, whatever the order
            positions.sort(key=lambda position: position[0] is None)
        return Selection(_part(positions, order, window), len(positions))

    def _by_name(self) -> list[_Row]:
        people, rows = self._directory.people(), self._rows[1]
        if self._rows[0] is not people:
            folded = {person.name: name for person, name in rows}
            rows = [(one, folded.get(one.name) or sort_name(one.name)) for one in people]
            self._rows = (people, sorted(rows, key=lambda row: (row[1], row[0].user_id)))
        return self._rows[1]


def _test(condition: Condition) -> Callable[[_Row], bool]:
    """Build what a row must pass.

    A name contains a text if every word of it is in the name or address, or if it is a part of the phone number.
    """
    if condition.field == "sort_name" and condition.op is Op.CONTAINS:
        words = person_words(str(condition.value))
        return lambda row: all(word in row[0].folded for word in words)
    holds, value_of = _HOLDS[condition.op], _VALUES[condition.field]
    return lambda row: holds(value_of(row), condition.value)


def _part(positions: list[Position], order: Sort, window: Window) -> list[Position]:
    """Cut out the window's rows, beside where its position is or was."""
    if window.beside is None:
        return positions[window.offset : window.offset + window.size]
    here = window.beside

    def is_after(one: Position, other: Position) -> bool:
        if (one[0] is None) is not (other[0] is None):
            return one[0] is None
        keys = [(str(each[0] or ""), each[1]) for each in (one, other)]
        return keys[0] < keys[1] if order.descending else keys[0] > keys[1]

    if window.backward:
        return [each for each in positions if is_after(here, each)][-window.size :]
    return [each for each in positions if is_after(each, here)][: window.size]
