"""The desk's pages: what the templates need, gathered."""

from typing import Any
from urllib.parse import urlsplit

from flask import current_app, render_template, request, url_for

from portal import links
from portal.desk import choices, timeline
from portal.guards import actor, services
from portal.once import new_key
from services.errors import NotFound
from services.tickets import Ticket
from services.users import Permission

EARLIER = 5


def ticket(ticket_id: int, draft: dict[str, str] | None = None) -> str:
    """Render the ticket workspace, with a rejected message kept when there is one."""
    found, events = services().tickets.timeline(actor=actor(), ticket_id=ticket_id)
    people = timeline.people_in(events) | {found.requester_id, found.assignee_id}
    filters = current_app.jinja_env.filters
    return render_template(
        "desk/ticket.html",
        ticket=_shown(found),
        timeline=timeline.build(events, choices.Reader(people), filters["day"], filters["clock"]),
        choices={
            "status": choices.statuses(found.status),
            "priority": choices.priorities(),
            "assignee_id": choices.agents(found.assignee_id),
            "team_id": choices.entries("team", found.team_id),
            "category": choices.entries("category", found.category),
        },
        can={
            "reply": actor().may(Permission.TICKET_REPLY),
            "note": actor().may(Permission.TICKET_NOTE),
            "update": actor().may(Permission.TICKET_UPDATE),
        },
        reply_url=url_for("desk.reply", ticket_id=ticket_id),
        update_url=url_for("desk.update", ticket_id=ticket_id),
        reload_url=url_for("desk.ticket", ticket_id=ticket_id),
        back=_back(),
        draft=draft,
        message_id=request.form.get("message_id") or new_key(),
        earlier=_earlier(found),
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
        create_url=url_for("desk.create"),
        back=_back(),
        message_id=message_id,
    )


def _shown(found: Ticket) -> dict[str, Any]:
    requester = {"id": found.requester_id, "name": "Nobody", "email": None}
    if found.requester_id:
        try:
            user = services().users.get(found.requester_id)
            requester |= {"name": user.name, "email": user.email}
        except NotFound:
            requester["name"] = "Somebody who is gone"
    names = (
        "ticket_id",
        "subject",
        "status",
        "priority",
        "channel",
        "created_at",
        "version",
        "assignee_id",
        "team_id",
        "category",
    )
    return {name: getattr(found, name) for name in names} | {"requester": requester}


def _earlier(found: Ticket) -> list[dict[str, Any]]:
    """List the requester's other open tickets; read from an index, so a moment late on Amazon."""
    if not found.requester_id:
        return []
    page = services().tickets.get_tickets_by_user(actor=actor(), user_id=found.requester_id, size=EARLIER + 1)
    return [
        {
            "ticket_id": row.ticket_id,
            "subject": row.subject,
            "status": row.status,
            "url": url_for("desk.ticket", ticket_id=row.ticket_id),
            "at": row.updated_at,
        }
        for row in page.rows
        if row.ticket_id != found.ticket_id
    ][:EARLIER]


def _back() -> dict[str, str]:
    """Lead back to the list one came from, with its filters and its place."""
    came_from = urlsplit(request.referrer or "")
    here = came_from.path == links.GRID and came_from.netloc == request.host
    url = f"{links.GRID}?{came_from.query}" if here and came_from.query else links.GRID
    return {"label": "Tickets", "url": url}
