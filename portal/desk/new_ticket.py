"""A ticket on somebody's behalf: for a person who is known, or for one who is added in the same act."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from flask import url_for

from portal.desk import choices
from portal.ui.lookup import chosen
from portal.web.guards import actor, now, services
from portal.web.idempotency import sent_idempotency_key
from services.errors import Invalid
from services.tickets import OPENED_WITH, Ticket
from services.users.accounts import NewCustomer
from services.users.directory import Kind

ALIKE = 3
TEXTS = ("team_id_text", "assignee_id_text", "person_organization_text")
PERSON = ("person_name", "person_email", "person_phone", "person_organization")
SENT = ("requester", "requester_text", "subject", "body", "channel", *PERSON, *OPENED_WITH, *TEXTS)
# What services call the fields of a new person, and what the form calls them.
FIELDS = {
    "name": "person_name",
    "email": "person_email",
    "phone": "person_phone",
    "organization_id": "person_organization",
}


def create(form: Mapping[str, str]) -> Ticket:
    """Open the ticket that a form describes; raises Invalid."""
    values = {name: choices.sent(form, name) for name in OPENED_WITH if name in form}
    if form.get("assign") == "me":
        values["assignee_id"] = actor().user_id
    told: dict[str, Any] = {
        "actor": actor(),
        "now": now(),
        "subject": form.get("subject", ""),
        "body": form.get("body", ""),
        "channel": form.get("channel") or "web",
        "idempotency_key": sent_idempotency_key(),
        **values,
    }
    requester = _new_requester(form)
    if requester is None:
        return services().tickets.service.create(requester_id=_requester(form), **told)
    ticket = services().tickets.service.create_with_requester(requester=requester, **told)
    services().users.new_customers.written(requester)
    return ticket


def _new_requester(form: Mapping[str, str]) -> NewCustomer | None:
    known = any(form.get(name, "").strip() for name in ("requester", "requester_text"))
    if known or not any(form.get(name, "").strip() for name in ("person_name", "person_email")):
        return None
    text = form.get("person_organization_text", "").strip()
    organization = chosen(form, "person_organization", "organization")
    return services().users.new_customers.prepare(
        actor=actor(),
        now=now(),
        name=form.get("person_name", ""),
        email=form.get("person_email", ""),
        phone=form.get("person_phone", ""),
        organization_id=organization if text or organization else None,
        idempotency_key=sent_idempotency_key(),
    )


def _requester(form: Mapping[str, str]) -> str:
    requester_id = chosen(form, "requester", "requester")
    if not requester_id:
        message = "Choose who the ticket is for."
        raise Invalid(message, {"requester": message})
    return requester_id


def caller(text: str) -> dict[str, Any]:
    """Say what one line tells of a person, and who is alike: a name that is there, the same address or number."""
    told = services().users.new_customers.read_line(text)
    search = partial(services().users.directory.search, actor=actor(), most=ALIKE, kind=Kind.REQUESTER)
    matches = [
        search(text=told_text).people for told_text in (told.phone, told.email or told.name) if told_text
    ]
    alike = list({one.user_id: one for people in matches for one in people}.values())[:ALIKE]
    return asdict(told) | {
        "alike": [
            {
                "name": one.name,
                "email": one.email or "",
                "url": url_for("desk.new", requester=one.user_id),
            }
            for one in alike
        ]
    }


def suggested(form: Mapping[str, str]) -> dict[str, str]:
    """Read the parts of a new person out of a line that names nobody who is known, for a page without a script."""
    if form.get("requester") or any(form.get(name, "").strip() for name in PERSON):
        return {}
    told = services().users.new_customers.read_line(form.get("requester_text", ""))
    if not (told.email or told.phone) and "," not in form.get("requester_text", ""):
        return {}
    return {
        "requester_text": "",
        "person_name": told.name,
        "person_email": told.email,
        "person_phone": told.phone,
        "person_organization": told.organization_id,
        "person_organization_text": told.organization,
    }
