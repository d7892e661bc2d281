"""The grids of teams and categories."""

from collections.abc import Mapping, Sequence
from typing import Any

from portal.admin.grid import Kept, LedgerView, in_grid_words
from portal.admin.in_memory_source import SmallList
from portal.web.guards import actor, now
from pynamodb_grid.admin import BooleanFilter, Field, Kind
from pynamodb_grid.listing import Sort
from services.bootstrap import Services
from services.catalog import Entry
from services.errors import NotFound
from services.users.identity import Permission


class CatalogSource(Kept, SmallList):
    """Reads and writes one kind of entry through CatalogService."""

    why_kept = "Entries are switched off, not deleted: tickets name them."

    fields = ("name", "active")

    def __init__(self, services: Services, kind: str) -> None:
        self._services, self._kind = services, kind

    def rows(self) -> Sequence[Entry]:
        """Read all entries as they are now: another process may have added the one just saved."""
        return self._services.catalog.stored(self._kind)

    def pk(self, row: Entry) -> str:
        """Return the id."""
        return row.id

    def version(self, row: Entry) -> int | None:
        """Return the version the row shows."""
        return row.version

    def get(self, pk: str) -> Entry | None:
        """Read one entry as it is now."""
        try:
            return self._services.catalog.get(self._kind, pk)
        except NotFound:
            return None

    def create(self, values: Mapping[str, Any]) -> Entry:
        """Add an entry."""
        return self._save(None, values, 0)

    def update(
        self,
        pk: str,
        values: Mapping[str, Any],
        expected_version: int | None,
        *,
        seen: Mapping[str, Any] | None = None,
    ) -> Entry:
        """Rename an entry or switch it on or off."""
        del seen
        with in_grid_words():
            entry = self._services.catalog.get(self._kind, pk)
        return self._save(
            pk, {"name": entry.name, "active": entry.active} | dict(values), expected_version or entry.version
        )

    def _save(self, pk: str | None, values: Mapping[str, Any], seen: int) -> Entry:
        with in_grid_words():
            return self._services.catalog.save(
                now=now(),
                actor=actor(),
                kind=self._kind,
                id_=pk,
                name=values["name"] or "",
                active=bool(values["active"]),
                expected_version=seen,
            )


class CatalogView(LedgerView):
    """All entries of one kind."""

    column_list = ("name", "active")
    column_editable_list = ("active",)
    column_searchable_list = ("name",)
    column_filters = (BooleanFilter("active", "Offered"),)
    default_sort = Sort("name")
    grid_fields = {
        "name": Field("name", label="Name", required=True, max_length=80),
        "active": Field("active", Kind.BOOLEAN, label="Offered", default=True),
    }
    needs = dict.fromkeys(("list", "create", "edit"), Permission.SETTING_EDIT)

    def __init__(self, services: Services, kind: str, heading: str, *, endpoint: str) -> None:
        self._heading, self.noun = heading, kind
        super().__init__(
            Entry, CatalogSource(services, kind), name=heading, endpoint=endpoint, url=f"/admin/{endpoint}"
        )

    def extra_context(self) -> Mapping[str, Any]:
        """Give the page its heading."""
        return {
            "title": self._heading,
            "nouns": (self.noun, self._heading.lower()),
            "pager_words": ("Earlier names", "Later names"),
        }
