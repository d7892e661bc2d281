"""Taking a change back: written as a new version that restores what was, or refused; nothing is erased."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.ticket_fields import BY_NAME, EDITABLE
from models.ticket_history import TicketHistory
from services.errors import Invalid
from services.tickets.fields import DERIVED, JsonFields, to_json
from services.tickets.ticket import Event, Ticket
from services.tickets.ticket_errors import AlreadyUndone, ChangedSince
from services.tickets.workflow import WorkflowService

# What follows from a message, which stays: it may have been read. An assignment that ended does not begin again.
STAYS = ("agent_replies", "first_response_at", BY_NAME["assignment_key"].stored_as)


def plan(
    history: Sequence[TicketHistory], ticket: Ticket, version: int, workflow: WorkflowService
) -> tuple[JsonFields, JsonFields]:
    """Return what undoing `version` restores, and the derived fields that go along.

    `history` begins with that version and goes on to the present `ticket`.
    Raises Invalid for what cannot be undone, AlreadyUndone, and ChangedSince naming who changed a field.
    """
    if not history or int(history[0].version) != version:
        raise Invalid("This change does not exist.")
    change, fields = history[0], to_json(ticket)
    changes = {name: pair for name, pair in change.changes.items() if name not in DERIVED}
    if change.kind == "created":
        raise Invalid("Opening a ticket cannot be undone.")
    if not changes:
        raise Invalid("A message cannot be undone, because it may have been read.")
    if any(event.undoes == version for event in history):
        raise AlreadyUndone
    later = _setters(history[1:])
    moved = {
        name: later.get(name) or _last(history, name)
        for name, (_, new) in changes.items()
        if fields.get(name) != new or name in later
    }
    if moved:
        raise ChangedSince({name: event.actor_id for name, event in moved.items()})
    if not changes.keys() <= set(EDITABLE):
        raise Invalid("Imported changes cannot be undone.")
    # The way back is open where the way there is; an undo has been let through before.
    if "status" in changes and change.undoes is None:
        workflow.check(*changes["status"])
    return {name: old for name, (old, _) in changes.items()}, _followed(change.changes, fields)


def possible(event: Event, ticket: Ticket, workflow: WorkflowService, last: Mapping[str, int]) -> bool:
    """Tell whether a change can be taken back: people made it, nobody undid it, all it set still holds.

    `last` maps fields to the version that set them last: see setters.
    """
    was, now = event.changes.get("status", (ticket.status, ticket.status))
    return (
        bool(event.changes)
        and event.kind != "created"
        and event.undone_by is None
        and event.changes.keys() <= set(EDITABLE)
        and all(getattr(ticket, name) == new for name, (_, new) in event.changes.items())
        and (event.undoes is not None or all(last.get(name) == event.version for name in event.changes))
        and (event.undoes is not None or now in workflow.allowed(was))
    )


def setters(events: Sequence[Event]) -> dict[str, int]:
    """Map each field to the version that set it last, passing over what was taken back."""
    counted = [event for event in events if event.undoes is None and event.undone_by is None]
    return {name: event.version for event in counted for name in event.changes}


def _setters(history: Sequence[TicketHistory]) -> dict[str, TicketHistory]:
    undone = {event.undoes for event in history}
    counted = [event for event in history if event.undoes is None and int(event.version) not in undone]
    return {name: event for event in counted for name in event.changes}


def _last(history: Sequence[TicketHistory], name: str) -> TicketHistory:
    return next(event for event in reversed(history) if name in event.changes)


def _followed(changes: Mapping[str, Sequence[Any]], fields: JsonFields) -> JsonFields:
    """Hold the derived fields as if nothing had been, unless something later counts on them."""
    followed = {name: pair for name, pair in changes.items() if name in DERIVED and name not in STAYS}
    if any(fields.get(name) != new for name, (_, new) in followed.items()):
        return {}
    untouched = {name: fields.get(name) for name in DERIVED if name not in STAYS}
    return untouched | {name: old for name, (old, _) in followed.items()}
