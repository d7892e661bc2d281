"""The desk's pages: what the templates need, gathered."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from flask import current_app, render_template, request, url_for

from portal.desk import choices, timeline
from portal.ui import grid_links
from portal.ui.lookup import LOOKUPS
from portal.web.guards import actor, services
from portal.web.idempotency import form_key
from services.errors import NotFound, ServiceError
from services.tickets import Ticket
from services.users.directory import opens_for_others
from services.users.identity import Actor, AfterSending, Permission, User

EARLIER = 5
TICKET_PATH = re.compile(r"/desk/tickets/[0-9]{1,15}")
FOLDED_COOKIE = "folded"  # groups of the side panel that this browser keeps closed


@dataclass(frozen=True)
class Typed:
    """A property form that was refused, to be shown as it was: what was chosen, and what was seen."""

    values: Mapping[str, str] = field(default_factory=dict)
    seen: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, form: Mapping[str, str], refused: ServiceError) -> Self:
        """Take over the form that arrived, and what was said against it."""
        names = [name for name in choices.PROPERTIES if name in form]
        seen = {name: form.get(f"seen_{name}", "") for name in names}
        errors = getattr(refused, "fields", {})
        texts = {name: form[f"{name}_text"] for name in names if f"{name}_text" in form}
        return cls({name: form[name] for name in names}, seen, form.get("version", ""), errors, texts)


def ticket(ticket_id: int, draft: dict[str, str] | None = None, typed: Typed | None = None) -> str:
    """Render the ticket workspace, with a rejected message or property form as it was sent."""
    who = actor()
    shown, events = services().tickets.service.timeline(actor=who, ticket_id=ticket_id)
    people = timeline.people_in(events) | {shown.requester_id, shown.assignee_id}
    typed = typed or Typed()
    stored = {name: getattr(shown, name) or "" for name in choices.PROPERTIES}
    reader = choices.Reader(people | {typed.values.get(name) for name in choices.PEOPLE_FIELDS})
    requester = _requester(shown)
    return render_template(
        "desk/ticket.html",
        ticket=_shown(shown, requester),
        no_email=services().notifications.ticket_emails.why_none(actor=who, requester=requester),
        timeline=timeline.build(events, reader, current_app.jinja_env.filters),
        choices=choices.properties(shown, typed.values),
        lookups=choices.lookups(),
        texts={**_texts(reader, {**stored, **typed.values}), **typed.texts},
        empties=choices.EMPTY,
        plain_properties=choices.PLAIN_PROPERTIES,
        shown={**stored, **typed.values},
        seen={**stored, **typed.seen},
        seen_version=typed.version or shown.version,
        errors=typed.errors,
        refused=bool(typed.values),
        folded=request.cookies.get(FOLDED_COOKIE, "").split("."),
        can={
            "reply": who.may(Permission.TICKET_REPLY),
            "note": who.may(Permission.TICKET_NOTE) and who.viewer is None,
            "update": who.may(Permission.TICKET_UPDATE),
            "take": who.may(Permission.TICKET_ASSIGN)
            and who.viewer is None
            and shown.assignee_id != who.user_id
            and services().tickets.assignments.can_hold(who.user_id),
        },
        reply_url=url_for("desk.reply", ticket_id=ticket_id),
        undo_url=url_for("desk.undo"),
        update_url=url_for("desk.update", ticket_id=ticket_id),
        reload_url=url_for("desk.ticket", ticket_id=ticket_id),
        back=_back(),
        draft=draft,
        message_id=form_key(),
        earlier=_earlier(who, shown),
    )


def new_ticket(values: dict[str, str], errors: dict[str, list[str]], message_id: str) -> str:
    """Render the form for a ticket on somebody's behalf."""
    return render_template(
        "desk/new.html",
        values=values or {"priority": "normal", **_asked_for()},
        errors=errors,
        choices={
            "priority": choices.priorities(),
            "category": choices.entries("category"),
        },
        lookups={
            **choices.lookups(),
            "requester": LOOKUPS["requester"].url,
            "organization": LOOKUPS["organization"].url,
        },
        caller_url=url_for("desk.caller"),
        adds_people=opens_for_others(actor()),
        assigns=any(one.user_id == actor().user_id for one in services().users.directory.assignable()),
        empties=choices.EMPTY,
        plain_properties=choices.PLAIN_PROPERTIES,
        create_url=url_for("desk.create"),
        back=_back(),
        message_id=message_id,
    )


def _asked_for() -> dict[str, str]:
    """Fill in the requester that a link names."""
    requester = request.args.get("requester", "")
    name = services().users.accounts.names([requester]).get(requester)
    known = {"requester": requester, "requester_text": name} if name is not None else {}
    return known | {"channel": request.args.get("channel", "")}


def _texts(reader: choices.Reader, values: Mapping[str, str]) -> dict[str, str]:
    """Write what a form shows for the properties that are looked up."""
    return {name: reader.words(name, values[name]) or "" for name in choices.LOOKED_UP}


def _requester(ticket: Ticket) -> User | None:
    try:
        return services().users.accounts.get(ticket.requester_id or "")
    except NotFound:
        return None


def _shown(ticket: Ticket, user: User | None) -> dict[str, Any]:
    nobody = "Deleted user" if ticket.requester_id else "Nobody"
    requester = {
        "id": ticket.requester_id,
        "name": user.name if user else nobody,
        "email": user and user.email,
        "phone": user and user.phone,
        "url": url_for("desk.person", user_id=user.user_id) if user else None,
    }
    names = ("ticket_id", "subject", "status", "priority", "channel", "created_at", "version")
    shown = {name: getattr(ticket, name) for name in names}
    return shown | {"requester": requester, "organization": _organization(ticket.organization_id)}


def _organization(organization_id: str | None) -> dict[str, str] | None:
    """Name the organization of a ticket, with its tickets."""
    organization = services().users.organizations.known(organization_id) if organization_id else None
    if organization is None:
        return None
    return {"name": organization.name, "url": grid_links.tickets(organization=organization.id, state="open")}


def _earlier(who: Actor, ticket: Ticket) -> list[dict[str, Any]]:
    """List the requester's other open tickets; read from an index, so a moment late on Amazon."""
    if not ticket.requester_id:
        return []
    page = services().tickets.service.get_tickets_by_user(
        actor=who, user_id=ticket.requester_id, size=EARLIER + 1
    )
    return [
        {
            "ticket_id": row.ticket_id,
            "subject": row.subject,
            "status": row.status,
            "url": url_for("desk.ticket", ticket_id=row.ticket_id),
            "at": row.updated_at,
        }
        for row in page.rows
        if row.ticket_id != ticket.ticket_id
    ][:EARLIER]


def after_sending(ticket_id: int) -> str:
    """Return where the agent goes on after sending a message: as they prefer it, as far as the form knows the list."""
    choice, following = actor().after_sending, request.form.get("next", "")
    listed = urlsplit(request.form.get("list", ""))
    back = f"{grid_links.GRID}?{listed.query}" if listed.path == grid_links.GRID else ""
    here = url_for("desk.ticket", ticket_id=ticket_id)
    if choice is AfterSending.NEXT:
        return following if TICKET_PATH.fullmatch(following) else back or here
    if choice is AfterSending.LIST:
        return back or grid_links.GRID
    return here


def list_before() -> str | None:
    """Return the address of the list one came from, with its filters and its place; None from elsewhere."""
    came_from = urlsplit(request.referrer or "")
    if came_from.path != grid_links.GRID or came_from.netloc != request.host:
        return None
    return f"{grid_links.GRID}?{came_from.query}" if came_from.query else grid_links.GRID


def _back() -> dict[str, str]:
    return {"label": "Tickets", "url": list_before() or grid_links.GRID}
