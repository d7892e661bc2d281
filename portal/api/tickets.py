"""Tickets for programs, through the same TicketService as the pages."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for

from portal.api import request_schemas
from portal.api.authentication import caller, token_owner, with_token
from portal.api.responses import MeResponse, TicketResponse, TicketsResponse
from portal.web import error_pages
from portal.web.guards import now, services
from services.errors import Invalid
from services.tickets import Conflict, Ticket
from services.users.identity import Permission

bp = Blueprint("api", __name__, url_prefix="/api/v1")
LONGEST_KEY = 200


@bp.after_request
def challenge(response: Response) -> Response:
    """Say how to authenticate to who did not (RFC 6750)."""
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="Ledgerdesk"'
    return response


@bp.get("/me")
@with_token()
def me() -> Response:
    """Tell who is calling, and what the token permits."""
    return jsonify(asdict(MeResponse.from_owner(token_owner())))


@bp.get("/tickets")
@with_token(Permission.TICKET_VIEW)
def tickets() -> Response:
    """List the tickets that the caller may see."""
    page = services().tickets.service.page(actor=caller(), request=request_schemas.page())
    return jsonify(TicketsResponse.from_page(page).as_json())


@bp.get("/tickets/<int:ticket_id>")
@with_token(Permission.TICKET_VIEW)
def ticket(ticket_id: int) -> Response:
    """Show one ticket."""
    return _answer(services().tickets.service.get(actor=caller(), ticket_id=ticket_id))


@bp.post("/tickets")
@with_token(Permission.TICKET_CREATE)
def create() -> Response:
    """Open a ticket; the same Idempotency-Key opens one only, however often it arrives."""
    sent = request_schemas.body(request_schemas.NEW)
    opened = services().tickets.service.create(
        actor=caller(),
        now=now(),
        subject=sent.pop("subject", None) or "",
        body=sent.pop("body", None) or "",
        channel="api",
        idempotency_key=_idempotency_key(),
        **{name: value for name, value in sent.items() if value is not None},
    )
    response = _answer(opened)
    response.status_code = 201
    response.headers["Location"] = url_for("api.ticket", ticket_id=opened.ticket_id)
    return response


@bp.patch("/tickets/<int:ticket_id>")
@with_token()
def change(ticket_id: int) -> Response:
    """Change fields, with a reply or an internal note where one is sent, as one version."""
    changes = request_schemas.body((*request_schemas.CHANGES, *request_schemas.MESSAGES))
    messages = {name: changes.pop(name) for name in request_schemas.MESSAGES if name in changes}
    if len(messages) > 1:
        raise Invalid("Send a reply or a note, not both at once.")
    kind, text = next(iter(messages.items()), ("reply", None))
    try:
        changed = services().tickets.service.update(
            actor=caller(), now=now(), ticket_id=ticket_id, expected_version=request_schemas.version(), changes=changes,
            body=text, public=kind == "reply", idempotency_key=_idempotency_key(),
        )  # fmt: skip
    except request_schemas.VersionNeeded as missing:
        return error_pages.answer(428, missing.message)
    except Conflict as conflict:
        return _conflict(conflict)
    return _answer(changed)


def _answer(ticket: Ticket) -> Response:
    response = jsonify(TicketResponse.from_ticket(ticket).as_json())
    response.headers["ETag"] = f'"{ticket.version}"'
    return response


def _conflict(conflict: Conflict) -> Response:
    """Say which fields somebody else changed; what others changed elsewhere was no hindrance."""
    problems = {
        each.field: f"It is {each.current!r} now, it was {each.old!r}." for each in conflict.field_conflicts
    }
    response = error_pages.answer(412, conflict.message, problems)
    response.headers["ETag"] = f'"{conflict.version}"'
    return response


def _idempotency_key() -> str | None:
    """Return the key under which the same request is carried out once, None when none came along."""
    key: Any = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key) <= LONGEST_KEY:
        raise Invalid(f"An Idempotency-Key can have 1 to {LONGEST_KEY} characters.")
    return None if key is None else str(key)
