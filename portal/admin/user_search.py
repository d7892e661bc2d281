"""The list of users while a text is searched for: whom the directory finds, read as they are now."""

from collections.abc import Iterator
from dataclasses import replace

from portal.admin.in_memory_rows import InMemoryRows
from pynamodb_grid.listing import Condition, Conditions, ListRequest, Op, Page, Sort
from services.users.accounts import UserService
from services.users.directory import DirectoryService
from services.users.identity import Actor, User

FIELD = "directory"  # what a search is called among the conditions of a list


def searched(text: str) -> Condition:
    """Make the condition of a search."""
    return Condition(FIELD, Op.CONTAINS, text)


class SearchableUsers:
    """Lists users as UserService does, or those that the directory finds by a part of a name or address."""

    def __init__(self, users: UserService, directory: DirectoryService) -> None:
        self._users, self._directory = users, directory

    def page(self, *, actor: Actor, request: ListRequest) -> Page:
        """Return one page; a search is sorted by name and knows how many there are."""
        text, rest = _parted(request.conditions)
        if text is None:
            return self._users.page(actor=actor, request=request)
        page = self._rows(actor, text, request.sort).page(
            actor=actor, request=replace(request, conditions=rest, sort=None)
        )
        rows = self._users.by_ids(actor=actor, user_ids=[one.user_id for one in page.rows])
        return replace(page, rows=rows, plan="directory")

    def iterate(self, *, actor: Actor, conditions: Conditions, sort: Sort | None) -> Iterator[User]:
        """Walk all users that match."""
        text, rest = _parted(conditions)
        if text is None:
            return self._users.iterate(actor=actor, conditions=conditions, sort=sort)
        found = self._rows(actor, text, sort).iterate(actor=actor, conditions=rest, sort=None)
        return iter(self._users.by_ids(actor=actor, user_ids=[one.user_id for one in found]))

    def sortable(self, conditions: Conditions) -> set[str]:
        """Return the fields by which such a list can be sorted."""
        text, _ = _parted(conditions)
        return self._users.sortable(conditions) if text is None else {"sort_name"}

    def _rows(self, actor: Actor, text: str, sort: Sort | None) -> InMemoryRows:
        found = self._directory.matching(actor=actor, text=text)
        return InMemoryRows(lambda: found[::-1] if sort is not None and sort.descending else found, fields=())


def _parted(conditions: Conditions) -> tuple[str | None, Conditions]:
    """Part the search from the other conditions."""
    text = next((str(each.value) for each in conditions if each.field == FIELD), None)
    return text, tuple(each for each in conditions if each.field != FIELD)
