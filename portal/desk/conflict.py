"""The conflict page: before, theirs and yours, field by field. Nothing has been written when it shows."""

from typing import Any

from flask import render_template, request, url_for

from portal.desk.choices import Reader, label_of
from portal.desk.timeline import PEOPLE_FIELDS
from portal.guards import actor, now, services
from portal.once import new_key
from services.tickets import Conflict

Pair = tuple[Any, Any]
RECENT = range(2, 120)  # seconds that are worth naming


def page(ticket_id: int, found: Conflict, draft: dict[str, str] | None) -> str:
    """Render the choice; an unsent message stays in the form."""
    present = services().tickets.get(actor=actor(), ticket_id=ticket_id)
    reader = Reader(_people(found))
    seconds = int((now() - found.at).total_seconds())
    url = url_for("desk.ticket", ticket_id=ticket_id)
    return render_template(
        "desk/conflict.html",
        ticket={"ticket_id": ticket_id, "subject": present.subject, "url": url},
        base_version=found.seen,
        their_version=found.version,
        theirs={"id": found.by, "name": reader.person(found.by), "at": found.at},
        gap=f"{seconds} seconds" if seconds in RECENT else None,
        base_at=None,
        fields=[
            {
                "name": clash.field,
                "label": label_of(clash.field),
                "before": _value(reader, clash.field, clash.old),
                "theirs": _value(reader, clash.field, clash.theirs),
                "yours": _value(reader, clash.field, clash.yours),
            }
            for clash in found.clashes
        ],
        merged=[
            *(_yours_only(reader, name, pair) for name, pair in found.yours_only.items()),
            *(_theirs_only(reader, name, pair) for name, pair in found.theirs_only.items()),
        ],
        reply=draft,
        message_id=request.form.get("message_id") or new_key(),
        resolve_url=url_for("desk.resolve", ticket_id=ticket_id),
    )


def _people(found: Conflict) -> set[str | None]:
    """Collect everybody the page names."""
    people: set[str | None] = {found.by}
    for clash in found.clashes:
        if clash.field in PEOPLE_FIELDS:
            people |= {clash.old, clash.theirs, clash.yours}
    for name, pair in (*found.yours_only.items(), *found.theirs_only.items()):
        if name in PEOPLE_FIELDS:
            people.update(pair)
    return people


def _value(reader: Reader, field: str, value: Any) -> dict[str, Any]:
    return {"value": value, "label": reader.words(field, value)}


def _row(reader: Reader, field: str, pair: Pair, why: str) -> dict[str, Any]:
    before, kept = _value(reader, field, pair[0]), _value(reader, field, pair[1])
    return {"name": field, "label": label_of(field), "before": before, "kept": kept, "why": why}


def _yours_only(reader: Reader, field: str, pair: Pair) -> dict[str, Any]:
    return _row(reader, field, pair, "Only you changed it, yours kept") | {"yours": pair[1]}


def _theirs_only(reader: Reader, field: str, pair: Pair) -> dict[str, Any]:
    return _row(reader, field, pair, "Only they changed it, theirs kept")
