"""My tickets, a new ticket, one ticket with its public replies."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.customer import pages
from portal.web.error_pages import with_status
from portal.web.guards import actor, needs, now, services
from portal.web.idempotency import already_sent, form_key, new_key, sent_idempotency_key
from services.errors import Invalid
from services.idempotency import KeyReused, StillInProgress
from services.tickets import (
    BY_NAME,
    NotAllowedNow,
    TooBusy,
    TooManyTickets,
    field_names,
)
from services.users.identity import Permission

bp = Blueprint("help", __name__, url_prefix="/help")

NEW_FIELDS = ("body", *field_names(lambda each: each.customers_set))


@bp.get("/")
@needs(Permission.TICKET_VIEW)
def home() -> str:
    """Show the front page with the person's open tickets."""
    return pages.home()


@bp.get("/tickets")
@needs(Permission.TICKET_VIEW)
def tickets() -> str:
    """Show all tickets of the person, or of all who share theirs, page by page."""
    given = request.args
    return pages.my_tickets(given.get("of", ""), given.get("state", ""), given.get("cursor") or None)


@bp.get("/new")
@needs(Permission.TICKET_CREATE)
def new() -> str:
    """Show the form for a new ticket."""
    return _form({}, {}, new_key())


@bp.post("/new")
@needs(Permission.TICKET_CREATE)
def create() -> tuple[str, int] | Response:
    """Open a ticket and show it."""
    values = {name: request.form.get(name, "") for name in NEW_FIELDS}
    try:
        opened = services().tickets.service.create(
            actor=actor(), now=now(), **values, idempotency_key=sent_idempotency_key()
        )
    except Invalid as refused:
        return _form(values, refused.fields, form_key()), 400
    except KeyReused as refused:
        notice = already_sent(refused, opens=True)
        return _form(values, {}, form_key(), notice), 422
    except StillInProgress as refused:
        return _form(values, {}, form_key(), refused.message), 409
    except TooManyTickets as refused:
        return with_status(_form(values, {}, form_key(), refused.message), refused)
    return redirect(url_for("help.ticket", ticket_id=opened.ticket_id))


@bp.get("/tickets/<int:ticket_id>")
@needs(Permission.TICKET_VIEW)
def ticket(ticket_id: int) -> str:
    """Show one ticket with what was said in public."""
    return pages.ticket(ticket_id)


@bp.post("/tickets/<int:ticket_id>/reply")
@needs(Permission.TICKET_REPLY)
def reply(ticket_id: int) -> tuple[str, int] | Response:
    """Add the customer's message."""
    body = request.form.get("body", "")
    try:
        replied = services().tickets.service.customer_reply(
            actor=actor(), now=now(), ticket_id=ticket_id, body=body, idempotency_key=sent_idempotency_key()
        )
    except (NotAllowedNow, TooBusy) as refused:
        return pages.ticket(ticket_id, body, refused.message), 409
    except KeyReused as refused:
        return pages.ticket(ticket_id, body, already_sent(refused)), 422
    except Invalid as refused:
        return pages.ticket(ticket_id, body, refused.message), 400
    return redirect(url_for("help.ticket", ticket_id=ticket_id, _anchor=f"v{replied.version}"))


@bp.post("/tickets/<int:ticket_id>/solve")
@needs(Permission.TICKET_REPLY)
def solve(ticket_id: int) -> Response:
    """Mark the customer's own ticket as solved."""
    services().tickets.service.customer_solve(actor=actor(), now=now(), ticket_id=ticket_id)
    return redirect(url_for("help.ticket", ticket_id=ticket_id))


def _form(values: dict[str, str], problems: dict[str, str], message_id: str, notice: str = "") -> str:
    categories = services().catalog.categories()
    return render_template(
        "help/new.html",
        values=values,
        errors={name: [text] for name, text in problems.items()},
        categories=[(entry.id, entry.name) for entry in categories if entry.is_offered(to_customers=True)],
        plain_fields=[BY_NAME[name] for name in NEW_FIELDS if name in BY_NAME and BY_NAME[name].plain],
        message_id=message_id,
        notice=notice,
    )
