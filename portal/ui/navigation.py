"""The navigation and the user menu: what the frame of every page shows, by permission."""

from typing import Any

from flask import Flask, g, request, url_for

from portal.ui.grid_links import NOT_SET, list_of, tickets
from portal.web.guards import actor, now, services, visitor
from portal.web.sign_in_gate import viewing
from services.reporting import Tally
from services.users.identity import Actor, Permission, Scope

DOCS = "api_docs.index"
ADMIN_PATHS = ("/admin/",)
DASHBOARDS = "/reports/"
TEAMS_SHOWN = 8
UNASSIGNED, UNSOLVED, DONE = (
    tickets(assignee=NOT_SET, state="open"),
    tickets(state="open"),
    tickets(state="done"),
)
Item = dict[str, Any]
Groups = list[dict[str, Any]]


def init_app(app: Flask) -> None:
    """Give every template the variables of the page frame."""

    @app.context_processor
    def frame() -> dict[str, Any]:
        who = visitor()
        if who is None:
            return {"theme": "system"}
        shared: dict[str, Any] = {
            "theme": who.theme,
            "me": _me(who),
            "home_url": "/",
            "viewing": viewing(who),
        }
        asks = who.may(Permission.TICKET_VIEW) and not who.on_desk
        elsewhere = request.path.startswith("/account/") or ("in_frame" in g and not _places_besides(who))
        if request.path.startswith("/help/") or (asks and elsewhere):
            return shared | {"help": _help()}
        shared["me"]["note"] += _open_count(who)
        return shared | {"nav": groups(who), "jump": who.may(Permission.TICKET_NOTE)}


def _places_besides(who: Actor) -> bool:
    """Tell whether an actor who is not on the desk has pages in its frame, such as reports."""
    return bool(_reports(who, "") or _administration(who, ""))


def groups(who: Actor) -> Groups:
    """List the navigation groups for an actor; the current URL decides which item is active."""
    if "nav" not in g:
        here = f"{request.path}?{request.query_string.decode('latin-1')}"
        g.nav = _groups(who, list_of(request.path), list_of(here))
    nav: Groups = g.nav
    return nav


def present(who: Actor) -> Item | None:
    """Return the navigation item of the current URL, if there is one."""
    return next((item for group in groups(who) for item in group["items"] if item["active"]), None)


def places(who: Actor) -> Groups:
    """List every page that an actor can open, whether or not the navigation shows it."""
    pages = [_item("New ticket", "plus", url_for("desk.new"), ""), *_reports(who, "")]
    for group in _administration(who, ""):
        pages += [{**item, "hint": "Administration"} for item in group["items"]]
    return [
        {"label": "Views", "items": [_my_work(who, ""), *_views(""), *_teams(_active_teams(), "")]},
        {"label": "Pages", "items": pages},
    ]


def tally() -> Tally | None:
    """Return the ticket counts for the actor's lists, None if they are not up to date."""
    if "tally" not in g:
        who = actor()
        scope = services().tickets.service.list_scope(actor=who)
        teams = who.team_ids if scope is Scope.TEAM else None
        counted = scope in (Scope.ALL, Scope.TEAM)
        g.tally = services().reporting.counts.tally(now=now(), teams=teams) if counted else None
    counts: Tally | None = g.tally
    return counts


def age() -> int:
    """Return how many seconds old the ticket counts are."""
    counts = tally()
    return max(1, int((now() - counts.as_of).total_seconds())) if counts else 0


def _groups(who: Actor, path: str, here: str) -> Groups:
    in_docs = who.may(Permission.TOKEN_REVOKE) and path.startswith(url_for(DOCS))
    if in_docs or path.startswith(ADMIN_PATHS) or path.startswith("/desk/catalog/"):
        back = _item("Back to desk", "arrow-left", "/", "")
        administration = _administration(who, path)
        for item in (item for group in administration for item in group["items"]):
            if item["url"] == url_for("emails.index_view"):
                item["count"] = services().notifications.deliveries.count_failed(actor=who) or None
        return [{"label": None, "items": [back]}, *administration]
    on_desk = who.may(Permission.TICKET_NOTE)
    first = [*([_my_work(who, here)] if on_desk else ()), *_reports(who, path)]
    for group in _administration(who, path)[:1]:
        first.append(group["items"][0] | {"label": "Administration", "icon": "settings"})
    groups: Groups = [{"label": None, "items": first}]
    if on_desk:
        groups.append({"label": "Views", "items": _views(here), "age": age()})
        groups.append({"label": "Teams", "items": [*_teams(_teams_shown(who), here), *_more_teams(who)]})
    return groups


def _my_work(who: Actor, here: str) -> Item:
    counts = tally()
    mine = counts.by_assignee[who.user_id] if counts else None
    return _item("My work", "inbox", tickets(assignee=who.user_id, state="open"), here, mine)


def _views(here: str) -> list[Item]:
    counts = tally()
    free, unsolved, done = (counts.by_assignee[None], counts.unsolved, counts.done) if counts else (None,) * 3
    return [
        _item("Unassigned", "unassigned", UNASSIGNED, here, free),
        _item("All unsolved", "layers", UNSOLVED, here, unsolved),
        _item("Solved and closed", "check-circle", DONE, here, done),
    ]


def _active_teams() -> list[tuple[str, str]]:
    return [(team.id, team.name) for team in services().catalog.teams() if team.active]


def _teams_shown(who: Actor) -> list[tuple[str, str]]:
    """Return the actor's own teams, otherwise the few that have most to do."""
    active = _active_teams()
    if own := [team for team in active if team[0] in who.team_ids]:
        return own[:TEAMS_SHOWN]
    if len(active) > TEAMS_SHOWN and (counts := tally()):
        busiest = sorted(active, key=lambda team: -(counts.by_team[team[0]] or 0))[:TEAMS_SHOWN]
        return [team for team in active if team in busiest]
    return active[:TEAMS_SHOWN]


def _more_teams(who: Actor) -> list[Item]:
    """Lead to the other teams: Jump lists them all."""
    others = len(_active_teams()) - len(_teams_shown(who))
    return [_item(f"{others} more", "more", url_for("jump.jump"), "") | {"jump": True}] if others else []


def _teams(teams: list[tuple[str, str]], here: str) -> list[Item]:
    counts = tally()
    return [
        _item(name, "", tickets(team=id_, state="open"), here, counts.by_team[id_] if counts else None)
        | {"swatch": at % 5 + 1}
        for at, (id_, name) in enumerate(teams)
    ]


def _reports(who: Actor, here: str) -> list[Item]:
    return [_item("Dashboards", "chart", DASHBOARDS, here)] if who.may(Permission.REPORT_VIEW) else []


def _administration(who: Actor, here: str) -> Groups:
    pages = (
        ("People", "Users", "users", "users", Permission.USER_VIEW),
        ("People", "Roles and access", "key", "roles", Permission.ROLE_VIEW),
        ("People", "Sessions", "monitor", "sessions", Permission.SESSION_REVOKE),
        ("People", "Sign-in", "lock", "access", Permission.SETTING_EDIT),
        ("People", "Organizations", "organization", "organizations", Permission.ORGANIZATION_EDIT),
        ("People", "Teams", "team", "teams", Permission.SETTING_EDIT),
        ("Ticket rules", "Categories", "categories", "categories", Permission.SETTING_EDIT),
        ("System", "Emails", "mail", "emails", Permission.SETTING_EDIT),
        ("System", "API tokens", "link", "tokens", Permission.TOKEN_REVOKE),
        ("System", "API documentation", "braces", DOCS, Permission.TOKEN_REVOKE),
        ("System", "Audit log", "history", "audit_log", Permission.AUDIT_VIEW),
    )
    groups: dict[str, list[Item]] = {}
    for group, label, icon, grid, permission in pages:
        if who.may(permission):
            address = url_for(grid if grid == DOCS else f"{grid}.index_view")
            item = _item(label, icon, address, here)
            groups.setdefault(group, []).append(item | {"within": here.startswith(item["url"])})
    return [{"label": label, "items": items} for label, items in groups.items()]


def _item(label: str, icon: str, url: str, here: str, count: int | None = None) -> Item:
    return {"label": label, "icon": icon, "url": url, "active": list_of(url) == here, "count": count}


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
        "note": services().users.accounts.get_user_role(user_id=who.user_id).name,
    }


def _open_count(who: Actor) -> str:
    counts = tally()
    return (
        f" · {counts.by_assignee[who.user_id]:,} open" if counts and counts.by_assignee[who.user_id] else ""
    )
