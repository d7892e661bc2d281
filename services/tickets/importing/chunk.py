"""Building what one ledger transaction takes of a ticket's imported events."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from models.assignment import Assignment
from models.ticket_fields import TicketFields
from models.ticket_history import TicketHistory
from models.transaction import MAX_ITEMS
from services.tickets.assignment import AssignmentService
from services.tickets.audit import AuditService
from services.tickets.fields import evolve
from services.tickets.importing.source import ImportedEvent
from services.users.identity import Actor

ROOM = MAX_ITEMS - 2  # the ticket and its reference take a place each
BYTES = 2_000_000  # of message texts; a transaction takes 4 MB in all


@dataclass(frozen=True, slots=True)
class Standing:
    """A ticket at one version; at version 0 there are no fields yet."""

    ticket_id: int
    version: int
    fields: TicketFields | None


@dataclass(frozen=True, slots=True)
class Chunk:
    """Events made into items, and where the ticket stands after them."""

    history: list[TicketHistory]
    assignment_periods: list[Assignment]
    after: Standing

    @property
    def fields(self) -> TicketFields:
        """Return the ticket's fields after these events, of which there is at least one."""
        if self.after.fields is None:
            raise ValueError("no events")
        return self.after.fields


class ChunkBuilder:
    """Makes history items and assignment periods of as many events as one transaction takes."""

    def __init__(self, audit: AuditService, assignments: AssignmentService) -> None:
        self._audit, self._assignments = audit, assignments

    def build(
        self, standing: Standing, events: Iterable[ImportedEvent], *, recorded_at: datetime, write_id: str
    ) -> Chunk:
        """Take events, at least one, until a transaction is full."""
        history: list[TicketHistory] = []
        assignment_periods: dict[str, Assignment] = {}
        size = 0
        for event in events:
            size += len((event.body or "").encode())
            item, after, begun = self._step(standing, event, recorded_at, write_id)
            # A period that begins and ends here is one item.
            held = assignment_periods | {period.assigned_at: period for period in begun}
            if history and (len(history) + 1 + len(held) > ROOM or size > BYTES):
                break
            history.append(item)
            standing, assignment_periods = after, held
        return Chunk(history, list(assignment_periods.values()), standing)

    def _step(
        self, standing: Standing, event: ImportedEvent, recorded_at: datetime, write_id: str
    ) -> tuple[TicketHistory, Standing, list[Assignment]]:
        version, before = standing.version + 1, standing.fields
        answered = event.kind == "replied" and event.public and event.actor_kind == "agent"
        after = evolve(before, event.values, at=event.at, version=version, public_reply_by_agent=answered)
        item = self._audit.record(
            ticket_id=standing.ticket_id,
            version=version,
            actor=Actor(user_id=event.actor_id, name="", kind=event.actor_kind),
            at=event.at,
            recorded_at=recorded_at,
            kind=event.kind,
            public=event.public,
            body=event.body,
            before=before,
            after=after,
            write_id=write_id,
        )
        begun = self._assignments.assignment_periods(standing.ticket_id, before, after, event.at)
        return item, Standing(standing.ticket_id, version, after), begun
