"""The grids of teams and categories."""

from collections.abc import Mapping
from typing import Any

from flask import url_for

from portal.admin.grid import LedgerView
from portal.admin.in_memory_rows import InMemoryRows
from portal.admin.service_source import ServiceSource
from portal.web.guards import actor, now
from pynamodb_grid.admin import BooleanFilter, Field, Kind
from pynamodb_grid.listing import Sort
from services.bootstrap import Services
from services.catalog import CatalogService, Entry
from services.users.identity import Permission


def catalog_source(catalog: CatalogService, kind: str) -> ServiceSource:
    """Read and write one kind of entry through CatalogService."""

    def save(id_: str | None, values: Mapping[str, Any], expected_version: int) -> Entry:
        return catalog.save(
            now=now(),
            actor=actor(),
            kind=kind,
            id_=id_,
            name=values["name"] or "",
            active=bool(values["active"]),
            offered_to_customers=bool(values.get("offered_to_customers", True)),
            expected_version=expected_version,
        )

    def update(id_: str, values: Mapping[str, Any], expected_version: int | None) -> Entry:
        entry = catalog.get(kind, id_)
        return save(id_, {**vars(entry), **values}, expected_version or entry.version)

    # As they are now: another process may have added the one just saved.
    rows = InMemoryRows(lambda: catalog.stored(kind), fields=("name", "active", "offered_to_customers"))
    return ServiceSource(
        page=rows.page,
        iterate=rows.iterate,
        sortable=rows.sortable,
        get=lambda id_: catalog.get(kind, id_),
        create=lambda values: save(None, values, 0),
        update=update,
        refusal="Entries cannot be deleted, because tickets refer to them. Switch them off instead.",
    )


class CatalogView(LedgerView):
    """All entries of one kind."""

    column_list: tuple[str, ...] = ("name", "active")
    column_editable_list: tuple[str, ...] = ("active",)
    column_searchable_list = ("name",)
    column_filters: tuple[BooleanFilter, ...] = (BooleanFilter("active", "Offered"),)
    default_sort = Sort("name")
    grid_fields = {
        "name": Field("name", label="Name", required=True, max_length=80),
        "active": Field("active", Kind.BOOLEAN, label="Offered", required=True, default=True),
    }
    needs = dict.fromkeys(("list", "create", "edit"), Permission.SETTING_EDIT)

    def __init__(self, services: Services, kind: str, heading: str, *, endpoint: str) -> None:
        self._heading, self.noun = heading, kind
        super().__init__(
            Entry,
            catalog_source(services.catalog, kind),
            name=heading,
            endpoint=endpoint,
            url=f"/admin/{endpoint}",
        )

    def extra_context(self) -> Mapping[str, Any]:
        """Give the page its heading, and a team's form the way to its people."""
        return {
            "links_of": _team_links if self.noun == "team" else None,
            "title": self._heading,
            "nouns": (self.noun, self._heading.lower()),
            "pager_words": ("Earlier names", "Later names"),
        }


def _team_links(team: Entry) -> list[tuple[str, str, str]]:
    return [("People", url_for("desk.team_page", team_id=team.id), "team")]


class CategoryView(CatalogView):
    """All categories, and whom each is offered to."""

    column_list = (*CatalogView.column_list, "offered_to_customers")
    column_editable_list = (*CatalogView.column_editable_list, "offered_to_customers")
    column_filters = (
        *CatalogView.column_filters,
        BooleanFilter("offered_to_customers", "Offered to customers"),
    )
    grid_fields = CatalogView.grid_fields | {
        "offered_to_customers": Field(
            "offered_to_customers", Kind.BOOLEAN, label="Offered to customers", required=True, default=True
        ),
    }
