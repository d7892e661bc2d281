"""Jump: one search box for tickets by number, views, people and pages that the user may see."""

from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request, url_for

from portal.ui import navigation
from portal.ui.formatting import avatar
from portal.ui.grid_links import tickets
from portal.web.error_pages import wants_json
from portal.web.guards import actor, needs, services
from pynamodb_grid.listing import Condition, ListRequest, Op, Sort
from services.errors import Invalid, NotFound
from services.tickets import label_of
from services.users.directory import Person
from services.users.identity import Actor, Permission, User, sort_name

bp = Blueprint("jump", __name__)

LONGEST = 100
PEOPLE_SHOWN = 6
NUMBER_DIGITS = 15
THEMES = (("light", "sun"), ("dark", "moon"), ("system", "monitor"))
Groups = list[dict[str, Any]]


@bp.get("/jump")
@needs(Permission.TICKET_NOTE)
def jump() -> str | Response:
    """Respond with only the results to a script, otherwise with a page that works without one."""
    text = " ".join(request.args.get("q", "")[:LONGEST].split())
    groups = find(actor(), text)
    return jsonify(groups) if wants_json() else render_template("jump.html", groups=groups, text=text)


def find(who: Actor, text: str) -> Groups:
    """List what a text finds, in groups; an empty text finds every view and page.

    An item has a label, split into `parts` at the match, the `rest` of its text, a `hint` at its end, an icon,
    swatch, status or avatar (initials and colour), and a URL or the name of a theme.
    """
    people = _people(who, text) if len(text) > 1 else []
    views, pages = navigation.places(who)
    themes = [{"label": f"{name.title()} theme", "icon": icon, "theme": name} for name, icon in THEMES]
    groups: Groups = [
        {"label": "Tickets", "items": _tickets(who, text)},
        {"label": "Views", "items": _named(views["items"], text)},
        {"label": "People", "items": people},
        {"label": "Pages", "items": _named([*pages["items"], *themes], text)},
    ]
    for group in groups:
        for item in group["items"]:
            item["parts"] = split(item["label"], text)
    return [group for group in groups if group["items"]]


def split(label: str, text: str) -> tuple[str, str, str]:
    """Split a label into what is before the match, the match, and the rest; ignores case and accents."""
    characters = [(sort_name(character), at) for at, character in enumerate(label)]
    folded = "".join(character for character, _ in characters)
    positions = [at for character, at in characters for _ in character]
    search = sort_name(text)
    at = folded.find(search) if search else -1
    if at < 0:
        return label, "", ""
    start, end = positions[at], positions[at + len(search) - 1] + 1
    return label[:start], label[start:end], label[end:]


def _tickets(who: Actor, text: str) -> list[dict[str, Any]]:
    number = text.removeprefix("#")
    if not number.isascii() or not number.isdigit() or len(number) > NUMBER_DIGITS:
        return []
    try:
        ticket = services().tickets.service.get(actor=who, ticket_id=int(number))
    except NotFound:
        return []
    url = url_for("desk.ticket", ticket_id=ticket.ticket_id)
    return [
        {
            "label": f"#{ticket.ticket_id}",
            "rest": ticket.subject,
            "status": ticket.status,
            "hint": label_of("status", ticket.status),
            "url": url,
        }
    ]


def _named(items: list[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    """Return the items whose name or hint contains the text, those that start with it first."""
    search = sort_name(text)
    matches = [item for item in items if search in sort_name(f"{item['label']} {item.get('hint', '')}")]
    return sorted(matches, key=lambda item: not sort_name(item["label"]).startswith(search))


def _people(who: Actor, text: str) -> list[dict[str, Any]]:
    """Find people by the start of their name, or by their whole address.

    Actors who may not view users find only the colleagues that every list offers as assignees, by name.
    """
    search = sort_name(text)
    if not services().users.roles.allows(actor=who, permission=Permission.USER_VIEW):
        colleagues = [
            user
            for user in services().users.directory.assignable()
            if sort_name(user.name).startswith(search)
        ]
        return [_person(who, user) for user in colleagues[:PEOPLE_SHOWN]]
    by_name = (Condition("sort_name", Op.BEGINS, search),)
    page = services().users.accounts.page(
        actor=who, request=ListRequest(by_name, Sort("sort_name"), PEOPLE_SHOWN, None)
    )
    matches = list(page.rows)
    if "@" in text:
        try:
            owner = services().users.accounts.find_by_email(text)
        except Invalid:
            owner = None
        matches += [owner] if owner else []
    return [_person(who, user) | {"hint": user.email or ""} for user in matches]


def _person(who: Actor, user: User | Person) -> dict[str, Any]:
    """Link to the user's account if the actor may edit it, otherwise to their assigned or requested tickets."""
    if services().users.roles.allows(actor=who, permission=Permission.USER_EDIT):
        url = url_for("users.edit_view", id=user.user_id)
    else:
        works = services().users.roles.get(user.role_id).permissions.get(Permission.TICKET_UPDATE)
        url = tickets(**{"assignee" if works else "requester": user.user_id})
    return {"label": user.name, "avatar": avatar(user.user_id, user.name), "url": url}
