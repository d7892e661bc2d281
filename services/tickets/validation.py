"""What may be written into a ticket: lengths, known values, readable text."""

from collections.abc import Mapping
from typing import Any

from models.ticket_fields import BY_NAME, EDITABLE, Kind
from services.catalog import CatalogService
from services.errors import Invalid
from services.text import lines, one_line
from services.users.identity import Actor

SUBJECT_LENGTH = BY_NAME["subject"].max_length
BODY_BYTES = 64 * 1024


def clean_subject(text: str) -> str:
    """Return a subject of 1 to 200 characters on one line; raises Invalid."""
    _check_text("subject", text)
    subject = one_line(text[:BODY_BYTES])
    if not 1 <= len(subject) <= SUBJECT_LENGTH:
        too_long = f"A subject can have at most {SUBJECT_LENGTH} characters."
        message = too_long if subject else "Write a subject first."
        raise Invalid(message, {"subject": message})
    return subject


def clean_body(text: str) -> str:
    """Return a message of at most 64 KB with plain line ends; raises Invalid."""
    _check_text("body", text)
    # What is far too long is not worked on first; a little more may be blanks that go.
    body = lines(text) if len(text) <= 2 * BODY_BYTES else text
    if not body:
        raise Invalid("Write a message first.", {"body": "Write a message first."})
    if len(body) > BODY_BYTES or len(body.encode()) > BODY_BYTES:
        message = "A message can have at most 64 KB. Shorten it, or send it in parts."
        raise Invalid(message, {"body": message})
    return body


def clean_message(subject: str, body: str) -> tuple[str, str]:
    """Return a subject and a message; raises Invalid that names at once all that is wrong with them."""
    cleaned, refusals = [], []
    for clean, text in ((clean_subject, subject), (clean_body, body)):
        try:
            cleaned.append(clean(text))
        except Invalid as refused:
            refusals.append(refused)
    if refusals:
        fields = {name: text for refused in refusals for name, text in refused.fields.items()}
        raise Invalid(" ".join(refused.message for refused in refusals), fields)
    return cleaned[0], cleaned[1]


def clean_changes(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Check changes of editable fields; empty text means None; raises Invalid.

    Whether a category, team or person is still offered is asked later, of what really changes.
    """
    for name, value in changes.items():
        if name not in EDITABLE:
            raise Invalid(f"The field {name[:40]!r} cannot be changed here.")
        if value is not None:
            _check_text(name, value)
    return {name: _cleaned(name, value or None) for name, value in changes.items()}


def check_known(name: str, value: str | None) -> None:
    """Raise Invalid unless the value is one of those a field can have."""
    if value not in BY_NAME[name].values:
        raise Invalid(f"This {name} does not exist.", {name: f"This {name} does not exist."})


def check_category(category: str | None, catalog: CatalogService, actor: Actor) -> None:
    """Raise Invalid unless the category is offered to the actor (None is fine)."""
    to_customers = actor.kind == "customer"
    if category is not None and not catalog.offers("category", category, to_customers=to_customers):
        raise Invalid("This category does not exist.", {"category": "This category does not exist."})


def _cleaned(name: str, value: str | None) -> str | None:
    field = BY_NAME[name]
    if name == "subject":
        return clean_subject(value or "")
    if field.kind is Kind.CHOICE:
        if field.required or value is not None:
            check_known(name, value)
    elif field.plain and value is not None:
        value = one_line(value[:BODY_BYTES]) or None
        if value and len(value) > field.max_length:
            message = f"{field.label} can have at most {field.max_length} characters."
            raise Invalid(message, {name: message})
    return value


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise Invalid(f"The field {name} must be a string.", {name: "Must be a string."})
