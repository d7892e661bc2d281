"""The grid of organizations: whom customers belong to, and whether members share their tickets."""

from collections.abc import Mapping
from typing import Any

from portal.admin.grid import LedgerView
from portal.admin.in_memory_rows import InMemoryRows
from portal.admin.service_source import ServiceSource
from portal.web.guards import actor, now
from pynamodb_grid.admin import BooleanFilter, Field, Kind
from pynamodb_grid.listing import Sort
from services.bootstrap import Services
from services.users.identity import Permission
from services.users.organizations import Organization, OrganizationService


def organization_source(organizations: OrganizationService) -> ServiceSource:
    """Read and write organizations through OrganizationService."""

    def save(id_: str | None, values: Mapping[str, Any], expected_version: int) -> Organization:
        return organizations.save(
            now=now(),
            actor=actor(),
            id_=id_,
            name=values["name"] or "",
            active=bool(values["active"]),
            shares_tickets=bool(values["shares_tickets"]),
            domains=values["domains"] or (),
            expected_version=expected_version,
        )

    def update(id_: str, values: Mapping[str, Any], expected_version: int | None) -> Organization:
        organization = organizations.get(id_)
        return save(id_, {**vars(organization), **values}, expected_version or organization.version)

    rows = InMemoryRows(organizations.stored, fields=("name", "shares_tickets", "active"))
    return ServiceSource(
        page=rows.page,
        iterate=rows.iterate,
        sortable=rows.sortable,
        get=organizations.get,
        create=lambda values: save(None, values, 0),
        update=update,
        refusal="Organizations cannot be deleted, because users and tickets refer to them. Switch them off instead.",
    )


class OrganizationView(LedgerView):
    """All organizations."""

    column_list = ("name", "shares_tickets", "domains", "active")
    column_editable_list = ("shares_tickets", "active")
    column_searchable_list = ("name",)
    column_filters = (
        BooleanFilter("shares_tickets", "Members share tickets"),
        BooleanFilter("active", "Offered"),
    )
    default_sort = Sort("name")
    grid_fields = {
        "name": Field("name", label="Name", required=True, max_length=80),
        "shares_tickets": Field(
            "shares_tickets", Kind.BOOLEAN, label="Members share tickets", required=True, default=False
        ),
        "domains": Field("domains", Kind.TEXT_LIST, label="Email domains", max_length=5000),
        "active": Field("active", Kind.BOOLEAN, label="Offered", required=True, default=True),
    }
    needs = dict.fromkeys(("list", "create", "edit"), Permission.ORGANIZATION_EDIT)
    noun = "organization"

    def __init__(self, services: Services) -> None:
        super().__init__(
            Organization,
            organization_source(services.users.organizations),
            name="Organizations",
            endpoint="organizations",
            url="/admin/organizations",
        )

    def _render_form(self, form: Any, row: Any, status: int, **context: Any) -> tuple[Any, int]:
        """Say what sharing and a domain mean before they are saved."""
        form.shares_tickets.description = "Members can see each other's tickets and reply to them."
        form.domains.description = (
            "One per line, such as acme.example. New customers with such an address join this organization. "
            "Only list domains whose addresses the organization itself gives out."
        )
        return super()._render_form(form, row, status, **context)

    def extra_context(self) -> Mapping[str, Any]:
        """Give the page its words."""
        return {
            "title": "Organizations",
            "nouns": (self.noun, "organizations"),
            "pager_words": ("Earlier names", "Later names"),
            "empty_text": "Organizations group customers. Their members can share tickets.",
        }
