"""Roles: what each may do and how far, as a matrix; roles of one's own are edited in their column."""

from itertools import groupby
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_admin import BaseView

from portal.admin import role_preview, sign_in_policy
from portal.web.error_pages import status_of
from portal.web.guards import actor, needs, now, require_step_up
from pynamodb_grid.admin import expose
from services.bootstrap import Services
from services.errors import Conflicted, Invalid
from services.text import slug
from services.users.authorization import Outranked
from services.users.identity import Permission, Role, Scope, SignInPolicy

COUNTED = 500  # people of a role; more would make the page dearer than a number is worth


class RoleView(BaseView):  # type: ignore[misc]  # Flask-Admin ships no types
    """The matrix, and the same matrix with one column open for editing."""

    def __init__(self, services: Services) -> None:
        self._roles, self._users = services.users.roles, services.users.accounts
        super().__init__(name="Roles", endpoint="roles", url="/admin/roles")

    @expose("/")
    @needs(Permission.ROLE_VIEW)
    def index_view(self) -> str:
        """Show all roles side by side; `role` names the one that a phone shows."""
        return self._matrix(None)

    @expose("/new/", methods=("GET", "POST"))
    @needs(Permission.ROLE_EDIT)
    def create_view(self) -> Any:
        """Show and take a new role."""
        if request.method == "POST":
            return self._save(slug(request.form.get("name", "")), None)
        like = self._roles.read(request.args["like"]) if request.args.get("like") else None
        return self._matrix({"role_id": None, "name": "", "version": 0, "scopes": _copied(like)})

    @expose("/edit/", methods=("GET", "POST"))
    @needs(Permission.ROLE_EDIT)
    def edit_view(self) -> Any:
        """Show and take changes; of a built-in role, only what it demands of sign-ins."""
        role = self._roles.read(request.args.get("id", ""))
        if request.method == "POST":
            return self._secure(role) if role.builtin else self._save(role.role_id, role)
        return self._matrix(None, securing=role) if role.builtin else self._matrix(_shown(role))

    def _secure(self, role: Role) -> Any:
        require_step_up()
        security, version = sign_in_policy.sent(), request.form.get("version", "")
        if security is None or not version.isdecimal() or len(version) > 9:
            raise Invalid("This form is incomplete. Load the page again.")
        try:
            self._roles.secure(
                actor=actor(),
                role_id=role.role_id,
                security=security,
                expected_version=int(version),
                now=now(),
            )
        except (Invalid, Conflicted, Outranked) as refused:
            flash(refused.message, "error")
            return self._matrix(None, securing=self._roles.read(role.role_id)), status_of(refused)
        flash(f"Saved {role.name}.", "ok")
        return redirect(url_for("roles.index_view"))

    def _save(self, role_id: str, role: Role | None) -> Any:
        require_step_up()
        sent = _sent(role_id if role else None)
        if role_preview.asked():
            return self._matrix(sent)
        granted = {name: scope for name, scope in sent["scopes"].items() if scope != "none"}
        permissions = {Permission(name): Scope[scope.upper()] for name, scope in granted.items()}
        try:
            if role is None and not role_id:
                raise Invalid(
                    "A name needs a letter or a digit.", {"name": "Use at least one letter or digit."}
                )
            saved = self._roles.save(
                now=now(),
                actor=actor(),
                role_id=role_id,
                name=sent["name"],
                permissions=permissions,
                expected_version=sent["version"],
                security=sent["security"],
            )
        except (Invalid, Conflicted, Outranked) as refused:
            problems = {name: [text] for name, text in getattr(refused, "fields", {}).items()}
            if not problems:
                flash(refused.message, "error")
            return self._matrix(sent, problems), status_of(refused)
        flash(f"Saved {saved.name}.", "ok")
        return redirect(url_for("roles.index_view"))

    def _matrix(
        self,
        editing: dict[str, Any] | None,
        errors: dict[str, list[str]] | None = None,
        securing: Role | None = None,
    ) -> str:
        columns = [self._column(role, editing) for role in self._roles.stored()]
        if editing and not editing["role_id"]:
            columns.append(editing | {"builtin": False, "people": None, "was": {}, "editing": True})
        role_id = securing.role_id if securing else request.args.get("role")
        shown = next((c for c in columns if c["editing"]), None) or next(
            (c for c in columns if c["role_id"] == role_id), columns[0]
        )
        return render_template(
            "admin/roles.html",
            groups=[
                {"label": group, "permissions": [{"key": str(p), "label": p.label} for p in permissions]}
                for group, permissions in groupby(Permission, lambda permission: permission.group)
            ],
            roles=columns,
            shown=shown,
            editing=editing,
            securing=securing,
            demands=self._demands(editing, securing),
            grants={str(permission): _grantable(permission) for permission in Permission},
            can_edit=actor().may(Permission.ROLE_EDIT),
            new_url=url_for("roles.create_view"),
            list_url=url_for("roles.index_view"),
            save_url=request.full_path if editing or securing else "",
            errors=errors or {},
            preview=role_preview.of_form(editing),
        )

    def _demands(self, editing: dict[str, Any] | None, securing: Role | None) -> list[dict[str, Any]]:
        """Describe the choices about sign-ins, each with what is stored; none where nothing is edited."""
        if securing is None and editing is None:
            return []
        role_id = securing.role_id if securing else editing and editing["role_id"]
        stored = self._roles.read(role_id).security if role_id else SignInPolicy()
        edited = (editing or {}).get("security") or stored
        was = {one["name"]: one["value"] for one in sign_in_policy.offered(stored)}
        return [one | {"was": was[one["name"]]} for one in sign_in_policy.offered(edited)]

    def _column(self, role: Role, editing: dict[str, Any] | None) -> dict[str, Any]:
        """Describe a role's column; where it is edited, with what is stored beside what is wished."""
        stored = _shown(role)
        people = self._users.count(actor=actor(), role_id=role.role_id, most=COUNTED)
        is_edited = editing is not None and editing["role_id"] == role.role_id
        scopes = editing["scopes"] if editing and is_edited else stored["scopes"]
        more = {"editing": is_edited, "was": stored["scopes"], "scopes": scopes}
        return stored | {"people": f"{people}+" if people == COUNTED else str(people)} | more


def _copied(role: Role | None) -> dict[str, str]:
    """Give the scopes of a new role that starts as a copy: each as far as the actor may grant it."""
    scopes = _shown(role)["scopes"] if role else {}
    return {name: _as_far(Permission(name), scope) for name, scope in scopes.items()}


def _as_far(permission: Permission, scope: str) -> str:
    grantable = _grantable(permission)
    return scope if scope in grantable else grantable[-1]


def _shown(role: Role) -> dict[str, Any]:
    return {
        "role_id": role.role_id,
        "name": role.name,
        "builtin": role.builtin,
        "version": role.version,
        "scopes": {str(permission): scope.name.lower() for permission, scope in role.permissions.items()},
        "url": url_for("roles.edit_view", id=role.role_id),
    }


def _grantable(permission: Permission) -> list[str]:
    """List the scopes the actor may give: none wider than their own."""
    held = actor().scope(permission)
    return ["none", *(scope.name.lower() for scope in permission.scopes if held.covers(scope))]


def _sent(role_id: str | None) -> dict[str, Any]:
    """Read the form; raises Invalid for a scope or a version that no form of ours sends."""
    form = request.form
    scopes = {str(permission): form.get(f"scope_{permission}", "none") for permission in Permission}
    version = form.get("version", "")
    known = all(scope in _grantable(Permission(name)) for name, scope in scopes.items())
    if not known or not version.isdecimal() or len(version) > 9:
        raise Invalid("This form is incomplete. Load the page again.")
    return {
        "role_id": role_id,
        "name": form.get("name", ""),
        "version": int(version),
        "scopes": scopes,
        "security": sign_in_policy.sent(),
    }
