"""Jump: one search box for tickets by number, views, people and pages that the user may see."""

from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request, url_for

from portal.ui import navigation
from portal.ui.formatting import avatar
from portal.ui.grid_links import tickets
from portal.web.error_pages import wants_json
from portal.web.guards import actor, needs, services
from services.errors import NotFound
from services.text import search_text, search_words
from services.tickets import label_of
from services.users.directory import Person, opens_for_others
from services.users.identity import Actor, Permission

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
    people = _people(who, text) if len(text) > 1 and search_words(text) else []
    views, pages = navigation.places(who)
    themes = [{"label": f"{name.title()} theme", "icon": icon, "theme": name} for name, icon in THEMES]
    groups: Groups = [
        {"label": "Tickets", "items": _tickets(who, text)},
        {"label": "Views", "items": _named(views["items"], text)},
        {"label": "People", "items": people},
        {"label": "Teams", "items": _named(_teams(), text) if text else []},
        {"label": "Pages", "items": _named([*pages["items"], *themes], text)},
    ]
    for group in groups:
        for item in group["items"]:
            item["parts"] = split(item["label"], text)
    return [group for group in groups if group["items"]]


def split(label: str, text: str) -> tuple[str, str, str]:
    """Split a label into what is before the match, the match, and the rest; ignores case and accents.

    Where the text as a whole is not in the label, the match is the first of its words that is.
    """
    characters = [(search_text(character), at) for at, character in enumerate(label)]
    folded = "".join(character for character, _ in characters)
    positions = [at for character, at in characters for _ in character]
    for search in (search_text(text), *search_words(text)):
        at = folded.find(search) if search else -1
        if at >= 0:
            start, end = positions[at], positions[at + len(search) - 1] + 1
            return label[:start], label[start:end], label[end:]
    return label, "", ""


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
    """Return the items whose name and hint contain every word of a text, those that start with it first."""
    words, start = search_words(text), search_text(text)
    matches = [
        item
        for item in items
        if all(word in search_text(f"{item['label']} {item.get('hint', '')}") for word in words)
    ]
    return sorted(matches, key=lambda item: not search_text(item["label"]).startswith(start))


def _teams() -> list[dict[str, Any]]:
    """List the pages of the teams, which say who is in them."""
    return [
        {
            "label": team.name,
            "hint": "Members",
            "icon": "team",
            "url": url_for("desk.team_page", team_id=team.id),
        }
        for team in services().catalog.teams()
        if team.active
    ]


def _people(who: Actor, text: str) -> list[dict[str, Any]]:
    """Find people by any part of their name or address, as far as the actor may find them."""
    matches = services().users.directory.search(actor=who, text=text, most=PEOPLE_SHOWN)
    sees_addresses = opens_for_others(who) or who.may(Permission.USER_VIEW)
    return [
        _person(who, one) | ({"hint": one.email or ""} if sees_addresses else {}) for one in matches.people
    ]


def _person(who: Actor, person: Person) -> dict[str, Any]:
    """Link to somebody's page: the customer's tickets, the account of a colleague, or what they are assigned."""
    role = services().users.roles.get(person.role_id)
    if not role.permissions.get(Permission.TICKET_UPDATE):
        url = url_for("desk.person", user_id=person.user_id)
    elif services().users.roles.allows(actor=who, permission=Permission.USER_EDIT):
        url = url_for("users.edit_view", id=person.user_id)
    else:
        url = tickets(assignee=person.user_id)
    return {"label": person.name, "avatar": avatar(person.user_id, person.name), "url": url}
