"""Roles: what each may do and how far, as a matrix; roles of one's own can be added."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.admin.grid import LedgerView, in_grid_words
from portal.admin.small import SmallList
from portal.guards import actor
from pynamodb_grid.admin import Field, Kind
from services.bootstrap import Services
from services.catalog import slug
from services.errors import NotFound
from services.users import Permission, Role, Scope

SCOPES = (("own", "Own"), ("team", "Team"), ("all", "All"))
# How the matrix names and groups the permissions.
GROUPS: tuple[tuple[str, tuple[tuple[Permission, str], ...]], ...] = (
    (
        "Tickets",
        (
            (Permission.TICKET_VIEW, "See tickets"),
            (Permission.TICKET_CREATE, "Open tickets"),
            (Permission.TICKET_REPLY, "Reply in public"),
            (Permission.TICKET_NOTE, "Read and write internal notes"),
            (Permission.TICKET_UPDATE, "Change status, priority and category"),
            (Permission.TICKET_ASSIGN, "Assign and reassign"),
            (Permission.TICKET_EXPORT, "Export tickets"),
        ),
    ),
    ("People", ((Permission.USER_VIEW, "See users"), (Permission.USER_EDIT, "Edit users"))),
    ("Reports", ((Permission.REPORT_VIEW, "Open dashboards"),)),
    (
        "Settings",
        (
            (Permission.SETTING_EDIT, "Teams and categories"),
            (Permission.ROLE_VIEW, "See roles"),
            (Permission.ROLE_EDIT, "Edit roles"),
        ),
    ),
)


def field_of(permission: Permission) -> str:
    """Name the form field of a permission."""
    return str(permission).replace(":", "_")


@dataclass(frozen=True)
class RoleRow:
    """A role with one attribute per permission, as forms want it."""

    role: Role

    def __getattr__(self, name: str) -> Any:
        if name in _BY_FIELD:
            scope = self.role.permissions.get(_BY_FIELD[name], Scope.NONE)
            return scope.name.lower() if scope else None
        return getattr(self.role, name)


_BY_FIELD = {field_of(permission): permission for permission in Permission}


class RoleSource(SmallList):
    """Reads and writes roles through RoleService."""

    fields = ("name",)

    def __init__(self, services: Services) -> None:
        self._roles = services.roles

    def rows(self) -> Sequence[RoleRow]:
        """Read all roles."""
        return [RoleRow(role) for role in self._roles.all()]

    def pk(self, row: RoleRow) -> str:
        """Return the id."""
        return row.role.role_id

    def version(self, row: RoleRow) -> int | None:
        """Return the version the row shows."""
        return row.role.version

    def get(self, pk: str) -> RoleRow | None:
        """Read one role."""
        try:
            return RoleRow(self._roles.read(pk))
        except NotFound:
            return None

    def create(self, values: Mapping[str, Any]) -> RoleRow:
        """Add a role."""
        return self._save(slug(values["name"] or ""), values, 0)

    def update(
        self,
        pk: str,
        values: Mapping[str, Any],
        expected_version: int | None,
        *,
        seen: Mapping[str, Any] | None = None,
    ) -> RoleRow:
        """Change a role of one's own."""
        del seen
        with in_grid_words():
            row = RoleRow(self._roles.read(pk))
        known = {"name": row.role.name} | {name: getattr(row, name) for name in _BY_FIELD}
        return self._save(pk, known | dict(values), expected_version or row.role.version)

    def delete(self, pk: str, expected_version: int | None = None) -> None:
        """Roles stay: people and sessions name them."""
        raise NotImplementedError

    def _save(self, role_id: str, values: Mapping[str, Any], seen: int) -> RoleRow:
        permissions = {
            permission: Scope[values[name].upper()]
            for name, permission in _BY_FIELD.items()
            if values.get(name)
        }
        with in_grid_words():
            return RoleRow(
                self._roles.save(
                    actor=actor(), role_id=role_id, name=values["name"], permissions=permissions, seen=seen
                )
            )


class RoleView(LedgerView):
    """All roles, side by side."""

    list_template = "pynamodb_grid/list.html"
    column_list = ("name",)
    page_size = 100
    needs = {
        "list": Permission.ROLE_VIEW,
        "create": Permission.ROLE_EDIT,
        "edit": Permission.ROLE_EDIT,
    }
    grid_fields = {"name": Field("name", label="Name", required=True, max_length=60)} | {
        field_of(permission): Field(field_of(permission), Kind.TEXT, label=words, choices=SCOPES)
        for _, rows in GROUPS
        for permission, words in rows
    }

    def __init__(self, services: Services) -> None:
        super().__init__(RoleRow, RoleSource(services), name="Roles", endpoint="roles", url="/admin/roles")

    def extra_context(self) -> Mapping[str, Any]:
        """Give the matrix its groups."""
        return {
            "heading": "Roles and access",
            "noun": "roles",
            "new_label": "New role",
            "groups": [
                (group, [(field_of(permission), words) for permission, words in rows])
                for group, rows in GROUPS
            ],
        }
