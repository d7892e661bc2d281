"""The navigation and the person at its foot: what every page's frame shows, by permission."""

from typing import Any

from flask import Flask, request, url_for
from flask_login import current_user

from portal.guards import services
from portal.identity import theme_of
from portal.links import NOT_SET, tickets
from services.users import Actor, Permission

ADMIN_PATHS = ("/admin/",)
TEAMS_SHOWN = 8
Groups = list[dict[str, Any]]


def init_app(app: Flask) -> None:
    """Give every template its frame's variables."""

    @app.context_processor
    def frame() -> dict[str, Any]:
        if not current_user or not current_user.is_authenticated:
            return {"theme": "system"}
        who: Actor = current_user.actor
        shared = {"theme": theme_of(who), "me": _me(who), "home_url": "/"}
        if request.path.startswith("/help/"):
            return shared | {"help": _help()}
        return shared | {"nav": groups(who, request.path, request.query_string.decode("latin-1"))}


def groups(who: Actor, path: str, query: str) -> Groups:
    """List the navigation's groups for a person; the address decides what is marked."""
    if path.startswith(ADMIN_PATHS) or path.startswith("/desk/catalog/"):
        return _administration(who, path)
    here = f"{path}?{query}" if query else path
    first = [_item("My work", "inbox", tickets(assignee=who.user_id, state="open"), here)]
    if who.may(Permission.REPORT_VIEW):
        first.append(_item("Dashboards", "chart", "/reports/", path))
    if who.may(Permission.USER_VIEW):
        first.append(_item("Administration", "settings", url_for("users.index_view"), path))
    views = [
        _item("Unassigned", "unassigned", tickets(assignee=NOT_SET, state="open"), here),
        _item("All unsolved", "layers", tickets(state="open"), here),
        _item("Solved and closed", "check-circle", tickets(state="done"), here),
    ]
    return [
        {"label": None, "items": first},
        {"label": "Views", "items": views},
        {"label": "Teams", "items": _teams(who, here)},
    ]


def present_label(who: Actor) -> str | None:
    """Name the view that the present address is, if the navigation has it."""
    found = groups(who, request.path, request.query_string.decode("latin-1"))
    return next((item["label"] for group in found for item in group["items"] if item["active"]), None)


def _teams(who: Actor, here: str) -> Groups:
    """Show the person's own teams, else the first few; the filter reaches the others."""
    active = [team for team in services().catalog.teams() if team.active]
    own = [team for team in active if team.id in who.team_ids]
    shown = (own or active)[:TEAMS_SHOWN]
    return [
        {**_item(team.name, "", tickets(team=team.id, state="open"), here), "swatch": at % 5 + 1}
        for at, team in enumerate(shown)
    ]


def _administration(who: Actor, path: str) -> Groups:
    people = [_item("Users", "users", url_for("users.index_view"), path)]
    if who.may(Permission.ROLE_VIEW):
        people.append(_item("Roles and access", "key", url_for("roles.index_view"), path))
    rules = []
    if who.may(Permission.SETTING_EDIT):
        people.append(_item("Teams", "team", url_for("teams.index_view"), path))
        rules.append(_item("Categories", "categories", url_for("categories.index_view"), path))
    back = [{"label": "Back to desk", "icon": "arrow-left", "url": "/", "active": False, "count": None}]
    found = [{"label": None, "items": back}, {"label": "People", "items": people}]
    return [*found, {"label": "Ticket rules", "items": rules}] if rules else found


def _item(label: str, icon: str, url: str, here: str) -> dict[str, Any]:
    return {"label": label, "icon": icon, "url": url, "active": url == here, "count": None}


def _help() -> dict[str, str]:
    return {
        "home_url": url_for("help.home"),
        "list_url": url_for("help.tickets"),
        "new_url": url_for("help.new"),
    }


def _me(who: Actor) -> dict[str, Any]:
    return {
        "id": who.user_id,
        "name": who.name,
        "first_name": who.name.split()[0],
        "email": who.email or "",
        "note": services().users.get_user_role(user_id=who.user_id).name,
    }
