"""The grid of people: who they are, their role and teams, whether they may sign in."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from flask import flash, redirect, request, url_for

from portal.admin.export_columns import ExportColumn, time_column
from portal.admin.service_source import ServiceSource
from portal.admin.user_bulk_actions import BULK, UserBulkActions
from portal.ui.lookup import LOOKUPS
from portal.web.guards import actor, now, require_step_up, services
from pynamodb_grid.admin import BooleanFilter, ChoiceFilter, Field, Kind, LookupFilter, expose
from pynamodb_grid.listing import Condition, Conditions, Op, Sort
from services.bootstrap import Services
from services.errors import Conflicted, Invalid, Throttled
from services.users.accounts import USER_CSV_COLUMNS, UserService
from services.users.identity import MAX_PHONE, Permission, User, sort_name

Choices = Sequence[tuple[str, str]]


def user_source(users: UserService) -> ServiceSource:
    """Read and write people through UserService."""

    def create(values: Mapping[str, Any]) -> User:
        require_step_up()
        return users.create(
            actor=actor(),
            now=now(),
            name=values["name"] or "",
            email=values["email"] or "",
            phone=values["phone"] or "",
            role_id=values["role_id"] or "",
            team_ids=values["team_ids"] or (),
            organization_id=values["organization_id"],
        )

    def update(user_id: str, values: Mapping[str, Any], expected_version: int | None) -> User:
        user = users.read(actor=actor(), user_id=user_id)
        present = {name: _plain(getattr(user, name)) for name in EDITED}
        form = present | {name: _plain(value) for name, value in values.items()}
        if any(form[name] != present[name] for name in REACH):
            require_step_up()
        return users.update(
            now=now(),
            actor=actor(),
            user_id=user_id,
            expected_version=expected_version or user.version,
            name=form["name"],
            email=form["email"],
            phone=form["phone"],
            role_id=form["role_id"],
            active=bool(form["active"]),
            team_ids=form["team_ids"] or (),
            organization_id=form["organization_id"],
        )

    return ServiceSource(
        page=users.page,
        iterate=users.iterate,
        sortable=users.sortable,
        key="user_id",
        stored_names={"name": "sort_name"},  # people are listed by what their names are folded to
        get=lambda user_id: users.read(actor=actor(), user_id=user_id),
        create=create,
        update=update,
        refusal="Users cannot be deleted, because tickets refer to them. Suspend them instead.",
    )


EDITED = ("name", "email", "phone", "role_id", "active", "team_ids", "organization_id")
# What lets somebody in, or lets them reach more.
REACH = ("email", "role_id", "active", "team_ids", "organization_id")


class UserView(UserBulkActions):
    """All people."""

    list_template = "admin/users.html"
    edit_template = "admin/person.html"
    noun = "person"
    column_list = ("name", "role_id", "team_ids", "active", "created_at")
    column_editable_list = ("role_id", "active")
    column_searchable_list = ("name",)
    form_columns = ("name", "email", "phone", "role_id", "team_ids", "organization_id", "active")
    default_sort = Sort("name")
    row_cells = False
    can_export = True
    needs = {
        "list": Permission.USER_VIEW,
        "create": Permission.USER_EDIT,
        "edit": Permission.USER_EDIT,
        "export": Permission.USER_EXPORT,
        "invite_view": Permission.USER_EDIT,
        **dict.fromkeys(BULK, Permission.USER_EDIT),
    }

    def __init__(self, services: Services) -> None:
        self._services = services
        self.grid_fields = self._fields()
        self.column_filters = [
            ChoiceFilter("role_id", self._roles, "Role", name="role"),
            BooleanFilter("active", "Can sign in"),
            LookupFilter("organization_id", LOOKUPS["organization"], "Organization", name="organization"),
        ]
        super().__init__(
            User, user_source(services.users.accounts), name="Users", endpoint="users", url="/admin/users"
        )

    def search_conditions(self, text: str) -> Conditions:
        """Find people by any part of their name or address; by their name alone until the directory is loaded."""
        return (Condition("sort_name", Op.CONTAINS, sort_name(text)),)

    def form_fields(self, *, creating: bool) -> list[Field]:
        """Ask for the state only later."""
        fields = super().form_fields(creating=creating)
        return [field for field in fields if not creating or field.name != "active"]

    def _render_form(self, form: Any, row: Any, status: int, **context: Any) -> tuple[Any, int]:
        """Say where the password of a new person comes from, and who cannot be changed."""
        if row is None:
            form.email.description = (
                "We send an invitation to this address, with a link to choose a password."
            )
        outranked = row is not None and row.user_id != actor().user_id and _outranks(row)
        return super()._render_form(form, row, status, outranked=outranked, **context)

    def export_columns(self) -> list[ExportColumn]:
        """Give what the import reads, in its columns and words, then what is only for people and programs."""
        cells = self._services.users.user_import.cells()
        return [
            *((name.capitalize(), partial(_cell, cells, name)) for name in USER_CSV_COLUMNS),
            ("ID", lambda user: user.user_id),
            ("Can sign in", lambda user: "yes" if user.active else "no"),
            time_column("Created", "created_at"),
            time_column("Invited", "invited_at"),
        ]

    @expose("/invite/", methods=("POST",))
    def invite_view(self) -> Any:
        """Send somebody's invitation again."""
        user_id = request.form.get("id", "")
        try:
            invited = self._services.users.invitations.send(actor=actor(), user_id=user_id, now=now())
        except (Invalid, Conflicted, Throttled) as refused:
            flash(refused.message, "error")
        else:
            flash(
                f"We are sending {invited.name} a new invitation. The old link no longer works.",
                "success",
            )
        return redirect(self.get_url(".edit_view", id=user_id))

    def get_column_name(self, field: str) -> str:
        """Head one column for what people belong to, on either side of the desk."""
        return "Team or organization" if field == "team_ids" else super().get_column_name(field)

    def extra_context(self) -> Mapping[str, Any]:
        """Give the page what the rows' ids stand for, and its words."""
        return {
            "title": "Users",
            "nouns": (self.noun, "people"),
            "create_label": "New user",
            "create_icon": "user-plus",
            "roles": dict(self._roles()),
            "teams": dict(self._teams()),
            "organizations": self._services.users.organizations.names_in_lists(),
            "pager_words": ("Earlier names", "Later names"),
            "show_cost": actor().may(Permission.SETTING_EDIT),
            "links_of": _links_of,
        }

    def _fields(self) -> dict[str, Field]:
        fields = [
            Field("name", label="Name", required=True, max_length=100),
            Field("email", label="Email", max_length=254),
            Field("phone", label="Phone", max_length=MAX_PHONE),
            Field("role_id", label="Role", choices=self._roles, required=True),
            Field("team_ids", Kind.TEXT_LIST, label="Teams", choices=self._teams),
            Field("organization_id", label="Organization", choices=self._organizations),
            Field("active", Kind.BOOLEAN, label="Can sign in", required=True),
            Field("created_at", Kind.MOMENT, label="Created"),
        ]
        return {field.name: field for field in fields}

    def _roles(self) -> Choices:
        return [(role.role_id, role.name) for role in self._services.users.roles.all()]

    def _organizations(self) -> Choices:
        return list(self._services.users.organizations.names().items())

    def _teams(self) -> Choices:
        return [(entry.id, entry.name) for entry in self._services.catalog.teams()]


def _plain(value: Any) -> Any:
    """Write a form's value as it is kept: nothing as no text, several in order."""
    return sorted(value) if isinstance(value, list | tuple | set) else "" if value is None else value


def _cell(cells: Callable[[User], Mapping[str, str]], name: str, user: User) -> str:
    return cells(user)[name]


def _outranks(person: User) -> bool:
    return services().users.roles.outranks(actor=actor(), account=person)


def _links_of(person: User) -> list[tuple[str, str, str]]:
    """List the other pages of a person that this reader may open: label, address, icon."""
    may, person_id = actor().may, person.user_id
    links = []
    if may(Permission.SESSION_REVOKE):
        links.append(("Devices", url_for("sessions.index_view", person=person_id), "monitor"))
    if _outranks(person):
        return links
    if may(Permission.USER_VIEW_AS):
        links.append(("View as", url_for("sessions.view_as_view", person=person_id), "eye"))
    if may(Permission.USER_EXPORT) or may(Permission.USER_ERASE):
        links.append(("Privacy", url_for("privacy.index_view", user_id=person_id), "lock"))
    return links
