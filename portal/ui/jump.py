"""Jump: one box that leads to a ticket by number, a view, a person or a page, by what its user may see."""

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
    """Answer with the results alone to a script, else with a page that works without one."""
    text = " ".join(request.args.get("q", "")[:LONGEST].split())
    groups = find(actor(), text)
    return jsonify(groups) if wants_json() else render_template("jump.html", groups=groups, text=text)


def find(who: Actor, text: str) -> Groups:
    """List what a text leads to, in groups; nothing typed leads to every view and page.

    An item has a label, cut into `parts` at what was typed, the `rest` of its words, a `hint` at its end,
    an icon, swatch, status or avatar (initials and colour), and an address or the name of a theme.
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
    """Cut a label into what is before the match, the match, and the rest; case and accents do not count."""
    characters = [(sort_name(character), at) for at, character in enumerate(label)]
    folded = "".join(character for character, _ in characters)
    places = [at for character, at in characters for _ in character]
    wanted = sort_name(text)
    at = folded.find(wanted) if wanted else -1
    if at < 0:
        return label, "", ""
    start, end = places[at], places[at + len(wanted) - 1] + 1
    return label[:start], label[start:end], label[end:]


def _tickets(who: Actor, text: str) -> list[dict[str, Any]]:
    number = text.removeprefix("#")
    if not number.isascii() or not number.isdigit() or len(number) > NUMBER_DIGITS:
        return []
    try:
        found = services().tickets.service.get(actor=who, ticket_id=int(number))
    except NotFound:
        return []
    url = url_for("desk.ticket", ticket_id=found.ticket_id)
    return [
        {
            "label": f"#{found.ticket_id}",
            "rest": found.subject,
            "status": found.status,
            "hint": label_of("status", found.status),
            "url": url,
        }
    ]


def _named(items: list[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    """Keep the items whose name or hint holds the text, those that begin with it first."""
    wanted = sort_name(text)
    found = [item for item in items if wanted in sort_name(f"{item['label']} {item.get('hint', '')}")]
    return sorted(found, key=lambda item: not sort_name(item["label"]).startswith(wanted))


def _people(who: Actor, text: str) -> list[dict[str, Any]]:
    """Find people by the beginning of their name, or by their whole address.

    Who may not look people up finds the colleagues that every list offers as assignees, by name alone.
    """
    wanted = sort_name(text)
    if not services().users.roles.allows(actor=who, permission=Permission.USER_VIEW):
        known = [
            user for user in services().users.accounts.agents() if sort_name(user.name).startswith(wanted)
        ]
        return [_person(who, user) for user in known[:PEOPLE_SHOWN]]
    by_name = (Condition("sort_name", Op.BEGINS, wanted),)
    page = services().users.accounts.page(
        actor=who, request=ListRequest(by_name, Sort("sort_name"), PEOPLE_SHOWN, None)
    )
    found = list(page.rows)
    if "@" in text:
        try:
            owner = services().users.accounts.find_by_email(text)
        except Invalid:
            owner = None
        found += [owner] if owner else []
    return [_person(who, user) | {"hint": user.email or ""} for user in found]


def _person(who: Actor, user: User) -> dict[str, Any]:
    """Lead to the person's account where it may be changed, else to the tickets they work on or asked."""
    if services().users.roles.allows(actor=who, permission=Permission.USER_EDIT):
        url = url_for("users.edit_view", id=user.user_id)
    else:
        works = services().users.roles.get(user.role_id).permissions.get(Permission.TICKET_UPDATE)
        url = tickets(**{"assignee" if works else "requester": user.user_id})
    return {"label": user.name, "avatar": avatar(user.user_id, user.name), "url": url}
