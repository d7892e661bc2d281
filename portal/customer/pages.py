"""The customer pages: what the templates need, gathered, in customers' words."""

from typing import Any

from flask import current_app, render_template, request, url_for

from portal.guards import actor, now, services
from portal.once import new_key
from services.tickets import REOPEN_WITHIN, Event, Ticket, TicketRow

OPEN_SHOWN, DONE_SHOWN = 50, 10
# Where a status stands on the four steps that a customer sees.
STEP = {"new": 0, "open": 1, "on_hold": 1, "pending": 2, "solved": 3, "closed": 3}
STEPS = ("Received", "In progress", "Your answer", "Solved")
NOTICE = {
    "new": "We have your message. A person will read it and answer here.",
    "open": "We are on it. You need not do anything now.",
    "pending": "We need something from you. Your answer below sets us going again.",
    "on_hold": "We are waiting for somebody else. You need not do anything now.",
}


def home(cursor: str | None, open_cursor: str | None) -> str:
    """Render the person's tickets: the open ones, and after the last of them the others."""
    me, mine = actor(), services().tickets.get_tickets_by_user
    still_open = mine(actor=me, user_id=me.user_id, size=OPEN_SHOWN, cursor=open_cursor)
    done, older, newer = [], still_open.next_cursor, still_open.previous_cursor
    older_url, newer_url = _page_url(open=older), _page_url(open=newer)
    if older is None:
        found = mine(actor=me, user_id=me.user_id, done=True, size=DONE_SHOWN, cursor=cursor)
        done, older_url = found.rows, _page_url(cursor=found.next_cursor, open=open_cursor)
        newer_url = _page_url(cursor=found.previous_cursor, open=open_cursor) or newer_url
    return render_template(
        "help/home.html",
        open_tickets=[_listed(row) for row in still_open.rows],
        tickets=[_listed(row) for row in done],
        newer_url=newer_url,
        older_url=older_url,
    )


def ticket(ticket_id: int, draft: str = "", error: str = "") -> str:
    """Render one ticket, with a rejected reply kept when there is one."""
    found, events = services().tickets.timeline(actor=actor(), ticket_id=ticket_id)
    # Whoever may read notes as well reads them on the desk: here everything looks as if it were public.
    messages = [event for event in events if event.body and event.public]
    names = services().users.names([found.assignee_id, *(event.actor_id for event in messages)])
    team = services().catalog.names("team").get(found.team_id or "")
    return render_template(
        "help/ticket.html",
        ticket={
            "ticket_id": ticket_id,
            "subject": found.subject,
            "status": found.status,
            "version": found.version,
            "team": team,
            "assignee": names.get(found.assignee_id or ""),
            "created_at": found.created_at,
        },
        steps=_steps(found, team),
        notice=NOTICE.get(found.status),
        messages=[_message(event, names) for event in messages],
        reply_url=url_for("help.reply", ticket_id=ticket_id),
        solve_url=None if found.done else url_for("help.solve", ticket_id=ticket_id),
        can_reply=_can_reply(found),
        reopen_days=REOPEN_WITHIN.days,
        body=draft,
        error=error,
        message_id=request.form.get("message_id") or new_key(),
    )


def _page_url(**cursors: str | None) -> str | None:
    """Address a page; None where the first of the cursors says that there is none."""
    return url_for("help.home", **cursors) if next(iter(cursors.values())) else None


def _listed(row: TicketRow) -> dict[str, Any]:
    since = current_app.jinja_env.filters["ago"](row.updated_at)
    # "3 min ago" and "2 h ago", but "now", "Yesterday" and "14 Oct" as they are.
    ago = f"{since} ago" if since.endswith((" s", " min", " h")) else since
    return {
        "ticket_id": row.ticket_id,
        "subject": row.subject,
        "status": row.status,
        "url": url_for("help.ticket", ticket_id=row.ticket_id),
        "note": f"#{row.ticket_id}, last change {ago}",
    }


def _steps(found: Ticket, team: str | None) -> list[dict[str, str | None]]:
    present = STEP[found.status]
    day = current_app.jinja_env.filters["stamp"]
    notes = [day(found.created_at), f"with {team}" if team else None, None, None]
    notes[2] = "needed now" if found.status == "pending" else "if needed" if present < 2 else None
    if found.solved_at:
        notes[3] = day(found.solved_at)
    return [
        {
            "label": name,
            "note": notes[at],
            "state": "now" if at == present and not found.done else "done" if at <= present else "ahead",
        }
        for at, name in enumerate(STEPS)
    ]


def _message(event: Event, names: dict[str, str]) -> dict[str, Any]:
    return {
        "version": event.version,
        "mine": event.actor_id == actor().user_id,
        "actor_id": event.actor_id,
        "actor_name": names.get(event.actor_id, "Support"),
        "team": "Support" if event.actor_kind != "customer" else None,
        "at": event.at,
        "body": event.body,
    }


def _can_reply(found: Ticket) -> bool:
    return found.closed_at is None or now() - found.closed_at <= REOPEN_WITHIN
