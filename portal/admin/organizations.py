"""The grid of organizations: whom customers belong to, and whether members share their tickets."""

from collections.abc import Mapping, Sequence
from typing import Any

from portal.admin.grid import Kept, LedgerView, in_grid_words
from portal.admin.in_memory_source import SmallList
from portal.web.guards import actor, now
from pynamodb_grid.admin import BooleanFilter, Field, Kind
from pynamodb_grid.listing import Sort
from services.bootstrap import Services
from services.errors import NotFound
from services.users.identity import Permission
from services.users.organizations import Organization


class OrganizationSource(Kept, SmallList):
    """Reads and writes organizations through OrganizationService."""

    why_kept = "Organizations are switched off, not deleted: people and tickets name them."

    fields = ("name", "shares_tickets", "active")

    def __init__(self, services: Services) -> None:
        self._organizations = services.users.organizations

    def rows(self) -> Sequence[Organization]:
        """Read all as they are now."""
        return self._organizations.stored()

    def pk(self, row: Organization) -> str:
        """Return the id."""
        return row.id

    def version(self, row: Organization) -> int | None:
        """Return the version the row shows."""
        return row.version

    def get(self, pk: str) -> Organization | None:
        """Read one as it is now."""
        try:
            return self._organizations.get(pk)
        except NotFound:
            return None

    def create(self, values: Mapping[str, Any]) -> Organization:
        """Add one."""
        return self._save(None, values, 0)

    def update(
        self,
        pk: str,
        values: Mapping[str, Any],
        expected_version: int | None,
        *,
        seen: Mapping[str, Any] | None = None,
    ) -> Organization:
        """Change one; a change somebody else made meanwhile refuses the whole form."""
        del seen
        with in_grid_words():
            known = self._organizations.get(pk)
        return self._save(pk, {**vars(known), **values}, expected_version or known.version)

    def _save(self, pk: str | None, values: Mapping[str, Any], seen: int) -> Organization:
        with in_grid_words():
            return self._organizations.save(
                now=now(),
                actor=actor(),
                id_=pk,
                name=values["name"] or "",
                active=bool(values["active"]),
                shares_tickets=bool(values["shares_tickets"]),
                domains=values["domains"] or (),
                expected_version=seen,
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
        "shares_tickets": Field("shares_tickets", Kind.BOOLEAN, label="Members share tickets", default=False),
        "domains": Field("domains", Kind.TEXT_LIST, label="E-mail domains", max_length=5000),
        "active": Field("active", Kind.BOOLEAN, label="Offered", default=True),
    }
    needs = dict.fromkeys(("list", "create", "edit"), Permission.ORGANIZATION_EDIT)
    noun = "organization"

    def __init__(self, services: Services) -> None:
        super().__init__(
            Organization,
            OrganizationSource(services),
            name="Organizations",
            endpoint="organizations",
            url="/admin/organizations",
        )

    def _render_form(self, form: Any, row: Any, status: int, **context: Any) -> tuple[Any, int]:
        """Say what sharing and a domain mean before they are saved."""
        form.shares_tickets.description = "Members see each other's tickets and may reply to them."
        form.domains.description = (
            "One per line, such as acme.example. New customers with such an address belong here. "
            "Name only domains whose addresses the organization itself gives out."
        )
        return super()._render_form(form, row, status, **context)

    def extra_context(self) -> Mapping[str, Any]:
        """Give the page its words."""
        return {
            "title": "Organizations",
            "nouns": (self.noun, "organizations"),
            "pager_words": ("Earlier names", "Later names"),
            "empty_text": "Customers may belong to one. Its members can share their tickets.",
        }
