"""One ticket for those who work on it: reading, answering, changing, and settling a conflict."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response

from portal.desk import choices, conflict, new_ticket, pages, requester, team, undo_changes
from portal.desk.choices import PROPERTIES
from portal.ui.undo_messages import Message, change_of, flash_message, offering
from portal.web.error_pages import status_of, wants_json, with_status
from portal.web.guards import actor, needs, now, services
from portal.web.idempotency import already_sent, form_key, new_key, sent_idempotency_key
from services.errors import Invalid
from services.idempotency import KeyReused, StillInProgress
from services.tickets import (
    Conflict,
    Ticket,
    TooBusy,
    TooManyTickets,
    label_of,
)
from services.users.identity import Permission

bp = Blueprint("desk", __name__, url_prefix="/desk")

RESOLVABLE = ("subject", *PROPERTIES)


@bp.get("/tickets/<int:ticket_id>")
@needs(Permission.TICKET_NOTE)
def ticket(ticket_id: int) -> str:
    """Show the ticket workspace."""
    return pages.ticket(ticket_id)


@bp.post("/tickets/<int:ticket_id>/reply")
@needs(Permission.TICKET_NOTE)
def reply(ticket_id: int) -> tuple[str, int] | Response:
    """Send a public reply or keep an internal note, with or without a new status."""
    form = request.form
    draft = {"kind": form.get("kind", "note"), "body": form.get("body", ""), "status": form.get("status", "")}
    changes = {"status": draft["status"]} if draft["status"] else {}
    return _write(ticket_id, changes, draft)


@bp.post("/tickets/<int:ticket_id>/update")
@needs(Permission.TICKET_NOTE)
def update(ticket_id: int) -> tuple[str, int] | Response:
    """Change properties; what the agent left as it was shown does not count as a change."""
    form = request.form
    try:
        values = {name: choices.sent(form, name) for name in PROPERTIES if name in form}
    except Invalid as refused:
        return pages.ticket(ticket_id, typed=pages.Typed.of(form, refused)), 400
    changes = {name: value for name, value in values.items() if value != form.get(f"seen_{name}")}
    return _write(ticket_id, changes, None)


@bp.post("/tickets/<int:ticket_id>/resolve")
@needs(Permission.TICKET_NOTE)
def resolve(ticket_id: int) -> tuple[str, int] | Response:
    """Save what was chosen on the conflict page, against the version that page showed."""
    form = request.form
    take_all = form.get("all") == "yours"
    changes = {
        name: form.get(f"yours_{name}", "")
        for name in RESOLVABLE
        if f"yours_{name}" in form and (take_all or form.get(f"choice_{name}") == "yours")
    }
    draft = None
    if form.get("body"):
        draft = {"kind": form.get("kind", "note"), "body": form["body"], "status": changes.get("status", "")}
    return _write(ticket_id, changes, draft)


@bp.post("/undo")
@needs(Permission.TICKET_NOTE)
def undo() -> tuple[Response, int] | Response:
    """Take back one or many changes, `change=TICKET:VERSION`, and say what became of them."""
    changes = undo_changes.named(request.form.getlist("change"))
    outcome = undo_changes.undo(changes)
    failed = bool(outcome.problems) and not outcome.undone
    if wants_json():
        versions = {str(ticket.ticket_id): ticket.version for ticket in outcome.undone}
        counts = {"undone": len(versions), "already": outcome.already, "left": len(outcome.problems)}
        answer = {"message": outcome.message(), "versions": versions, **counts}
        return jsonify(answer), 409 if failed else 200
    flash(outcome.message(), "error" if failed else "ok")
    for line in outcome.details():
        flash(line, "error")
    return redirect(pages.list_before() or url_for("desk.ticket", ticket_id=changes[0][0]))


@bp.get("/people/<user_id>")
@needs(Permission.TICKET_NOTE)
def person(user_id: str) -> str:
    """Show somebody who asks, with their tickets."""
    return requester.page(user_id)


@bp.get("/teams/<team_id>")
@needs(Permission.TICKET_NOTE)
def team_page(team_id: str) -> str:
    """Show a team with its people."""
    return team.page(team_id)


@bp.post("/teams/<team_id>/add")
@needs(Permission.USER_EDIT)
def team_add(team_id: str) -> tuple[str, int] | Response:
    """Put a person into a team."""
    return _told(team.add, team_id)


@bp.post("/teams/<team_id>/remove")
@needs(Permission.USER_EDIT)
def team_remove(team_id: str) -> tuple[str, int] | Response:
    """Take a person out of a team."""
    return _told(team.remove, team_id)


@bp.post("/teams/<team_id>/lead")
@needs(Permission.SETTING_EDIT)
def team_lead(team_id: str) -> tuple[str, int] | Response:
    """Choose who leads a team."""
    return _told(team.set_lead, team_id)


@bp.get("/new")
@needs(Permission.TICKET_NOTE)
def new() -> str:
    """Show the form for a ticket on somebody's behalf."""
    return pages.new_ticket({}, {}, new_key())


@bp.get("/caller")
@needs(Permission.TICKET_NOTE)
def caller() -> Response:
    """Respond with what one line says of a person (`q`), and who is alike."""
    return jsonify(new_ticket.caller(request.args.get("q", "")))


@bp.post("/new")
@needs(Permission.TICKET_NOTE)
def create() -> tuple[str, int] | Response:
    """Open a ticket for a known person, or for a new one who is added with it."""
    form = request.form
    values = {name: form.get(name, "") for name in new_ticket.SENT}
    try:
        opened = new_ticket.create(form)
    except Invalid as refused:
        problems = {new_ticket.FIELDS.get(name, name): [text] for name, text in refused.fields.items()}
        if not problems:
            flash(refused.message, "error")
        return pages.new_ticket(
            values | (new_ticket.suggested(form) if "requester" in problems else {}), problems, form_key()
        ), 400
    except (KeyReused, StillInProgress) as refused:
        flash(
            already_sent(refused, opens=True) if isinstance(refused, KeyReused) else refused.message, "error"
        )
        return pages.new_ticket(values, {}, form_key()), status_of(refused)
    except TooManyTickets as refused:
        flash(refused.message, "error")
        return with_status(pages.new_ticket(values, {}, form_key()), refused)
    return redirect(url_for("desk.ticket", ticket_id=opened.ticket_id))


def _told(act: Callable[[str], str], team_id: str) -> tuple[str, int] | Response:
    """Run an act on a team and say what it did, or why it was refused."""
    try:
        flash(act(team_id), "success")
    except Invalid as refused:
        return team.page(team_id, error=refused.message), 400
    return redirect(url_for("desk.team_page", team_id=team_id))


def _write(
    ticket_id: int, changes: Mapping[str, Any], draft: dict[str, str] | None
) -> tuple[str, int] | Response:
    """Write a change with an optional message; a conflict or a refusal shows what is needed to go on."""
    version = request.form.get("version", "")
    if not version.isdecimal() or len(version) > 9:
        raise Invalid("This form is incomplete. Load the page again.")
    public = draft is not None and draft["kind"] == "reply"
    try:
        written = services().tickets.service.update(
            actor=actor(),
            now=now(),
            ticket_id=ticket_id,
            expected_version=int(version),
            changes=changes,
            body=draft["body"] if draft else None,
            public=public,
            idempotency_key=sent_idempotency_key(),
        )
    except Conflict as raised:
        return conflict.page(ticket_id, raised, draft), 409
    except (Invalid, KeyReused, TooBusy) as refused:
        status = status_of(refused)
        message = already_sent(refused) if isinstance(refused, KeyReused) else refused.message
        if draft is None:
            if message not in getattr(refused, "fields", {}).values():  # or it stands beside its field
                flash(message, "error")
            return pages.ticket(ticket_id, typed=pages.Typed.of(request.form, refused)), status
        return pages.ticket(ticket_id, draft | {"error": message}), status
    if draft is not None:
        target = pages.after_sending(ticket_id)
        elsewhere = target != url_for("desk.ticket", ticket_id=ticket_id)
        flash_message(_sent(written, draft, public=public, elsewhere=elsewhere), "ok")
        return redirect(target)
    if written.version > int(version):
        flash_message(offering(f"Saved as version {written.version}.", [change_of(written)]), "ok")
    return redirect(url_for("desk.ticket", ticket_id=ticket_id))


def _sent(ticket: Ticket, draft: Mapping[str, str], *, public: bool, elsewhere: bool) -> Message:
    """Say what was sent; the status that was chosen with it can be taken back, the message cannot.

    `elsewhere` means that another page than the ticket's shows this.
    """
    text, status = "Reply sent" if public else "Note added", label_of("status", ticket.status)
    taken = " Assigned to you." if "assignee_id" in ticket.wrote else ""
    if "status" not in ticket.wrote or ticket.status != draft["status"]:
        return f"{f'#{ticket.ticket_id}: ' if elsewhere else ''}{text}, {status}.{taken}"
    done = f"#{ticket.ticket_id} {ticket.status if ticket.done else f'set to {status}'}."
    return offering(f"{text}.{taken}", [change_of(ticket)], lead=done)
