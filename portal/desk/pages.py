"""The desk's pages: what the templates need, gathered."""

from typing import Any

from flask import current_app, render_template, request, url_for

from portal.desk import choices, timeline
from portal.guards import actor, now, services
from portal.once import new_key
from services.errors import NotFound
from services.tickets import Conflict, Ticket
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


def conflict(ticket_id: int, found: Conflict, draft: dict[str, str] | None) -> str:
    """Render the page that shows before, theirs and yours; nothing has been written."""
    present = services().tickets.get(actor=actor(), ticket_id=ticket_id)
    values = [(c.old, c.theirs, c.yours) for c in found.clashes if c.field in timeline.PEOPLE_FIELDS]
    single = [*found.yours_only.items(), *found.theirs_only.items()]
    values += [(*pair, None) for name, pair in single if name in timeline.PEOPLE_FIELDS]
    reader = choices.Reader({found.by, *(person for trio in values for person in trio)})

    def shown(field: str, value: Any) -> dict[str, Any]:
        return {"value": value, "label": reader.words(field, value)}

    def single_row(field: str, pair: tuple[Any, Any], why: str) -> dict[str, Any]:
        before, kept = shown(field, pair[0]), shown(field, pair[1])
        return {"name": field, "label": choices.label_of(field), "before": before, "kept": kept, "why": why}

    seconds = int((now() - found.at).total_seconds())
    return render_template(
        "desk/conflict.html",
        ticket={
            "ticket_id": ticket_id,
            "subject": present.subject,
            "url": url_for("desk.ticket", ticket_id=ticket_id),
        },
        base_version=found.seen,
        their_version=found.version,
        theirs={"id": found.by, "name": reader.person(found.by), "at": found.at},
        gap=f"{seconds} seconds" if 1 < seconds < 120 else None,
        base_at=None,
        fields=[
            {
                "name": clash.field,
                "label": choices.label_of(clash.field),
                "before": shown(clash.field, clash.old),
                "theirs": shown(clash.field, clash.theirs),
                "yours": shown(clash.field, clash.yours),
            }
            for clash in found.clashes
        ],
        merged=[
            single_row(name, pair, "Only you changed it, yours kept") | {"yours": pair[1]}
            for name, pair in found.yours_only.items()
        ]
        + [
            single_row(name, pair, "Only they changed it, theirs kept")
            for name, pair in found.theirs_only.items()
        ],
        reply=draft,
        resolve_url=url_for("desk.resolve", ticket_id=ticket_id),
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
    """Lead back to the list."""
    return {"label": "Tickets", "url": url_for("tickets.index_view")}
