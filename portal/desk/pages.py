"""The desk's pages: what the templates need, gathered."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from flask import current_app, render_template, request, url_for

from portal.desk import choices, timeline
from portal.ui import grid_links
from portal.web.guards import actor, services
from portal.web.idempotency import form_key
from services.errors import NotFound, ServiceError
from services.tickets import Ticket
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

    @classmethod
    def of(cls, form: Mapping[str, str], refused: ServiceError) -> Self:
        """Take over the form that arrived, and what was said against it."""
        names = [name for name in choices.PROPERTIES if name in form]
        seen = {name: form.get(f"seen_{name}", "") for name in names}
        errors = getattr(refused, "fields", {})
        return cls({name: form[name] for name in names}, seen, form.get("version", ""), errors)


def ticket(ticket_id: int, draft: dict[str, str] | None = None, typed: Typed | None = None) -> str:
    """Render the ticket workspace, with a rejected message or property form as it was sent."""
    who = actor()
    shown, events = services().tickets.service.timeline(actor=who, ticket_id=ticket_id)
    people = timeline.people_in(events) | {shown.requester_id, shown.assignee_id}
    typed = typed or Typed()
    stored = {name: getattr(shown, name) or "" for name in choices.PROPERTIES}
    requester = _requester(shown)
    return render_template(
        "desk/ticket.html",
        ticket=_shown(shown, requester),
        no_email=services().notifications.ticket_emails.why_none(actor=who, requester=requester),
        timeline=timeline.build(events, choices.Reader(people), current_app.jinja_env.filters),
        choices=choices.properties(shown, typed.values),
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
        values=values or {"priority": "normal"},
        errors=errors,
        choices={
            "priority": choices.priorities(),
            "category": choices.entries("category"),
            "team_id": choices.entries("team"),
            "assignee_id": choices.agents(),
        },
        plain_properties=choices.PLAIN_PROPERTIES,
        create_url=url_for("desk.create"),
        back=_back(),
        message_id=message_id,
    )


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
    }
    names = ("ticket_id", "subject", "status", "priority", "channel", "created_at", "version")
    return {name: getattr(ticket, name) for name in names} | {"requester": requester}


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
