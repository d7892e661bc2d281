"""Taking a change back: written as a new version that restores what was, or refused; nothing is erased."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.ticket_history import TicketHistory
from services.errors import Invalid
from services.tickets.errors import AlreadyUndone, ChangedSince
from services.tickets.fields import DERIVED, Fields
from services.tickets.ticket import Event, Ticket
from services.tickets.validation import EDITABLE
from services.tickets.workflow import WorkflowService

# What follows from a message, which stays: it may have been read. A stint that ended does not begin again.
STAYS = ("agent_replies", "first_response_at", "stint")


def plan(
    history: Sequence[TicketHistory], fields: Fields, version: int, workflow: WorkflowService
) -> tuple[Fields, Fields]:
    """Return what undoing `version` restores, and the derived fields that go along.

    `history` begins with that version and goes on to the present `fields`.
    Raises Invalid for what cannot be undone, AlreadyUndone, and ChangedSince naming who changed a field.
    """
    if not history or int(history[0].version) != version:
        raise Invalid("There is no such change.")
    change = history[0]
    made = {name: pair for name, pair in change.changes.items() if name not in DERIVED}
    if change.kind == "created":
        raise Invalid("Opening a ticket cannot be undone.")
    if not made:
        raise Invalid("A message cannot be undone: it may have been read.")
    if any(event.undoes == version for event in history):
        raise AlreadyUndone
    moved = {name: _last(history, name) for name, (_, new) in made.items() if fields.get(name) != new}
    if moved:
        raise ChangedSince({name: event.actor_id for name, event in moved.items()})
    if not made.keys() <= set(EDITABLE):
        raise Invalid("This change came with an import and cannot be undone here.")
    # The way back is open where the way there is; an undo has been let through before.
    if "status" in made and change.undoes is None:
        workflow.check(*made["status"])
    return {name: old for name, (old, _) in made.items()}, _followed(change.changes, fields)


def possible(event: Event, ticket: Ticket, workflow: WorkflowService) -> bool:
    """Tell whether a change can be taken back: people made it, nobody undid it, all it set still holds."""
    was, now = event.changes.get("status", (ticket.status, ticket.status))
    return (
        bool(event.changes)
        and event.kind != "created"
        and event.undone_by is None
        and event.changes.keys() <= set(EDITABLE)
        and all(getattr(ticket, name) == new for name, (_, new) in event.changes.items())
        and (event.undoes is not None or now in workflow.allowed(was))
    )


def _last(history: Sequence[TicketHistory], name: str) -> TicketHistory:
    return next(event for event in reversed(history) if name in event.changes)


def _followed(changes: Mapping[str, Sequence[Any]], fields: Fields) -> Fields:
    """Hold the derived fields as if nothing had been, unless something later counts on them."""
    followed = {name: pair for name, pair in changes.items() if name in DERIVED and name not in STAYS}
    if any(fields.get(name) != new for name, (_, new) in followed.items()):
        return {}
    untouched = {name: fields.get(name) for name in DERIVED if name not in STAYS}
    return untouched | {name: old for name, (old, _) in followed.items()}
