"""The conflict page: before, theirs and yours, field by field. Nothing has been written when it shows."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

from flask import render_template, url_for

from portal.desk.choices import PEOPLE_FIELDS, Reader, field_label
from portal.web.guards import actor, now, services
from portal.web.idempotency import form_key
from services.tickets import Conflict, Event, FieldConflict

Pair = tuple[Any, Any]
RECENT = range(2, 120)  # seconds that are worth naming


def page(ticket_id: int, conflict: Conflict, draft: dict[str, str] | None) -> str:
    """Render the choice; an unsent message stays in the form."""
    present, events = services().tickets.service.timeline(actor=actor(), ticket_id=ticket_id)
    writers = {
        field_conflict.field: _writer(events, field_conflict.field, conflict)
        for field_conflict in conflict.field_conflicts
    }
    reader = Reader(_people(conflict) | set(writers.values()))
    seen = next((event for event in events if event.version == conflict.expected_version), None)
    seconds = int((now() - conflict.at).total_seconds())
    url = url_for("desk.ticket", ticket_id=ticket_id)
    return render_template(
        "desk/conflict.html",
        ticket={"ticket_id": ticket_id, "subject": present.subject, "url": url},
        base_version=conflict.expected_version,
        their_version=conflict.version,
        theirs={"id": conflict.by, "name": reader.person(conflict.by), "at": conflict.at},
        gap=f"{seconds} seconds" if seconds in RECENT else None,
        base_at=seen and seen.at,
        saved_version=next((event.version for event in events if event.at == conflict.at), conflict.version),
        together=len(set(writers.values())) == 1,
        fields=[
            _field_conflict(reader, field_conflict, writers[field_conflict.field])
            for field_conflict in conflict.field_conflicts
        ],
        merged=[
            *(_submitted_only(reader, name, pair) for name, pair in conflict.submitted_only.items()),
            *(_current_only(reader, name, pair) for name, pair in conflict.current_only.items()),
        ],
        reply=draft,
        draft_key=f"desk-{ticket_id}",
        message_id=form_key(),
        resolve_url=url_for("desk.resolve", ticket_id=ticket_id),
    )


def _writer(events: Sequence[Event], name: str, conflict: Conflict) -> str:
    """Tell who changed a field last since the version that was seen."""
    since = [e.actor_id for e in events if e.version > conflict.expected_version and name in e.changes]
    return since[-1] if since else conflict.by


def _field_conflict(reader: Reader, field_conflict: FieldConflict, by: str) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": field_conflict.field,
        "label": field_label(field_conflict.field),
        "by": reader.person(by),
        "before": _value(reader, field_conflict.field, field_conflict.old),
        "theirs": _value(reader, field_conflict.field, field_conflict.current),
        "yours": _value(reader, field_conflict.field, field_conflict.submitted),
    }
    if field_conflict.field == "subject":
        for side in ("theirs", "yours"):
            shown[side]["parts"] = differing(str(field_conflict.old), str(shown[side]["value"]))
    return shown


def differing(before: str, after: str) -> list[tuple[str, bool]]:
    """Cut a text into pieces, (words, whether they are new); a capital letter alone is no difference."""
    old, new = before.split(), after.split()
    matcher = SequenceMatcher(None, [w.casefold() for w in old], [w.casefold() for w in new], autojunk=False)
    return [
        (" ".join(new[start:end]), tag != "equal")
        for tag, _, _, start, end in matcher.get_opcodes()
        if start < end
    ]


def _people(conflict: Conflict) -> set[str | None]:
    """Collect everybody the page names."""
    people: set[str | None] = {conflict.by}
    for field_conflict in conflict.field_conflicts:
        if field_conflict.field in PEOPLE_FIELDS:
            people |= {field_conflict.old, field_conflict.current, field_conflict.submitted}
    for name, pair in (*conflict.submitted_only.items(), *conflict.current_only.items()):
        if name in PEOPLE_FIELDS:
            people.update(pair)
    return people


def _value(reader: Reader, field: str, value: Any) -> dict[str, Any]:
    return {"value": value, "label": reader.words(field, value)}


def _row(reader: Reader, field: str, pair: Pair, why: str) -> dict[str, Any]:
    before, after = _value(reader, field, pair[0]), _value(reader, field, pair[1])
    return {"name": field, "label": field_label(field), "before": before, "kept": after, "why": why}


def _submitted_only(reader: Reader, field: str, pair: Pair) -> dict[str, Any]:
    return _row(reader, field, pair, "Changed only by you; your value is used") | {"yours": pair[1]}


def _current_only(reader: Reader, field: str, pair: Pair) -> dict[str, Any]:
    return _row(reader, field, pair, "Changed only by them; their value is kept")
