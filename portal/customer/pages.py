"""The customer pages: what the templates need, gathered, in customers' words."""

from typing import Any

from flask import current_app, render_template, url_for

from portal.web.guards import actor, now, services
from portal.web.idempotency import form_key
from pynamodb_grid.listing import Page
from services.errors import Invalid
from services.tickets import REOPEN_WITHIN, Event, Ticket, TicketRow
from services.users.identity import Actor, Scope

# On the front page; counted from the one page of open tickets that is read for it; on a page of the list.
SHOWN, COUNTED, LISTED = 5, 25, 15
# The list's filter, in customers' words, and whether a ticket has to be done for it (None: no matter).
LISTS = ("", "organization")
STATES: dict[str, bool | None] = {"": None, "open": False, "solved": True}
# Where a status stands on the four steps that a customer sees.
STEP = {"new": 0, "open": 1, "on_hold": 1, "pending": 2, "solved": 3, "closed": 3}
STEPS = ("Received", "In progress", "Your answer", "Solved")
NOTICE = {
    "new": "We have received your message and will reply here.",
    "open": "We are on it. You do not need to do anything now.",
    "pending": "We need something from you. Reply below so that we can continue.",
    "on_hold": "We are waiting for someone else. You do not need to do anything now.",
}


def home() -> str:
    """Render the front page: the newest open tickets, and how many there are."""
    page = _mine(done=False, size=COUNTED)
    return render_template(
        "help/home.html",
        tickets=[_listed(row) for row in page.rows[:SHOWN]],
        open_count=_counted(page),
        has_written=bool(page.rows) or bool(_mine(done=True, size=1).rows),
    )


def my_tickets(of: str, state: str, cursor: str | None) -> str:
    """Render a page of the person's tickets, or `of` the organization's: all, the open or the solved ones."""
    if state not in STATES or of not in LISTS:
        raise Invalid("This list can only show open or solved tickets.")
    me = actor()
    shared = services().tickets.service.list_scope(actor=me) is Scope.ORGANIZATION
    of = of if shared else ""
    page = (
        _shared(me, done=STATES[state], cursor=cursor)
        if of
        else _mine(done=STATES[state], size=LISTED, cursor=cursor)
    )
    names = services().users.accounts.names(row.requester_id for row in page.rows) if of else {}
    first_of_open = state == "open" and not cursor
    return render_template(
        "help/tickets.html",
        tickets=[_listed(row, names.get(row.requester_id or "")) for row in page.rows],
        of=of,
        shared_with=services().users.organizations.get(me.organization_id or "").name if shared else None,
        state=state,
        urls={each: url_for("help.tickets", of=of or None, state=each or None) for each in STATES},
        shared_url=url_for("help.tickets", of="organization"),
        open_count=_counted(page) if first_of_open and not of else None,
        newer_url=_page_url(of, state, page.previous_cursor),
        older_url=_page_url(of, state, page.next_cursor),
    )


def ticket(ticket_id: int, draft: str = "", error: str = "") -> str:
    """Render one ticket, with a rejected reply kept when there is one."""
    shown, events = services().tickets.service.timeline(actor=actor(), ticket_id=ticket_id)
    # Whoever may read notes as well reads them on the desk: here everything looks as if it were public.
    messages = [event for event in events if event.body and event.public]
    people = [shown.assignee_id, shown.requester_id, *(event.actor_id for event in messages)]
    names, mine = services().users.accounts.names(people), shown.requester_id == actor().user_id
    shared = not mine and services().tickets.service.list_scope(actor=actor()) is Scope.ORGANIZATION
    team = services().catalog.names("team").get(shown.team_id or "")
    return render_template(
        "help/ticket.html",
        ticket={
            "ticket_id": ticket_id,
            "subject": shown.subject,
            "status": shown.status,
            "version": shown.version,
            "team": team,
            "assignee": names.get(shown.assignee_id or ""),
            "requester": None if mine else names.get(shown.requester_id or ""),
            "created_at": shown.created_at,
        },
        steps=_steps(shown, team),
        notice=NOTICE.get(shown.status),
        messages=[_message(event, names) for event in messages],
        reply_url=url_for("help.reply", ticket_id=ticket_id),
        shared=shared,
        back_url=url_for("help.tickets", of="organization" if shared else None),
        solve_url=url_for("help.solve", ticket_id=ticket_id) if mine and not shown.done else None,
        may_reply=services().tickets.service.may_answer(actor=actor(), ticket=shown),
        can_reply=_can_reply(shown),
        reopen_days=REOPEN_WITHIN.days,
        body=draft,
        error=error,
        message_id=form_key(),
    )


def _mine(**limits: Any) -> Page:
    me = actor()
    return services().tickets.service.get_tickets_by_user(actor=me, user_id=me.user_id, **limits)


def _shared(me: Actor, **limits: Any) -> Page:
    return services().tickets.service.get_tickets_of_organization(actor=me, size=LISTED, **limits)


def _counted(page: Page) -> str:
    """Say how many tickets a first page stands for: 3, or 25+ where more follow."""
    return f"{len(page.rows)}{'+' if page.next_cursor else ''}"


def _page_url(of: str, state: str, cursor: str | None) -> str | None:
    return url_for("help.tickets", of=of or None, state=state or None, cursor=cursor) if cursor else None


def _listed(row: TicketRow, asked_by: str | None = None) -> dict[str, Any]:
    return {
        "ticket_id": row.ticket_id,
        "subject": row.subject,
        "status": row.status,
        "url": url_for("help.ticket", ticket_id=row.ticket_id),
        "note": f"{asked_by} · {_last_known(row)}" if asked_by else _last_known(row),
    }


def _last_known(row: TicketRow) -> str:
    """Say what is known of the last change without another read."""
    told = current_app.jinja_env.filters["told"]
    if row.version == 1:
        return f"Opened {told(row.created_at)}"
    team = services().catalog.names("team").get(row.team_id or "")
    return (
        f"With {team}, last change {told(row.updated_at)}" if team else f"Last change {told(row.updated_at)}"
    )


def _steps(ticket: Ticket, team: str | None) -> list[dict[str, str | None]]:
    present = STEP[ticket.status]
    when = current_app.jinja_env.filters["when"]
    notes = [when(ticket.created_at), f"with {team}" if team else None, None, None]
    notes[2] = "needed now" if ticket.status == "pending" else "if needed" if present < 2 else None
    if ticket.solved_at:
        notes[3] = when(ticket.solved_at)
    return [
        {
            "label": name,
            "note": notes[at],
            "state": "now" if at == present and not ticket.done else "done" if at <= present else "ahead",
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


def _can_reply(ticket: Ticket) -> bool:
    return ticket.closed_at is None or now() - ticket.closed_at <= REOPEN_WITHIN
