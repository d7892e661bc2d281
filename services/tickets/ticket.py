"""What the tickets domain answers with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models.ticket import Ticket as TicketItem
from models.ticket import values_of
from models.ticket_fields import ItemFields, TicketFields
from models.ticket_history import TicketHistory
from services.tickets.fields import DERIVED, is_done


@dataclass(frozen=True, kw_only=True)
class Ticket(TicketFields, ItemFields):
    """One ticket as it stands at a version.

    `wrote` names the fields that the call which answered with it changed: none when it only read. `written_as` is the
    version that this call wrote, or wrote the first time it was made with its idempotency key.
    """

    wrote: frozenset[str] = field(default=frozenset(), compare=False)
    written_as: int | None = field(default=None, compare=False)

    @classmethod
    def from_model(cls, item: TicketItem) -> "Ticket":
        """Take over the stored ticket without its index keys."""
        return cls(
            ticket_id=int(item.ticket_id),
            version=int(item.version),
            updated_at=item.updated_at,
            **values_of(item),
        )

    @property
    def done(self) -> bool:
        """Tell whether the ticket is solved or closed."""
        return is_done(self.status)


@dataclass(frozen=True)
class Event:
    """One change in a ticket's history; `changes` are those people made, not what followed from them.

    `undoes` and `undone_by` are versions; `undoable` tells whether who reads it may take it back now.
    """

    version: int
    at: datetime
    actor_id: str
    actor_kind: str
    kind: str
    public: bool
    body: str | None
    changes: Mapping[str, tuple[Any, Any]]
    undoes: int | None = None
    undone_by: int | None = None
    undoable: bool = False

    @classmethod
    def from_model(cls, item: TicketHistory) -> "Event":
        """Take over a history item for reading."""
        return cls(
            version=int(item.version),
            at=item.at,
            actor_id=item.actor_id,
            actor_kind=item.actor_kind,
            kind=item.kind,
            public=item.public,
            body=item.body,
            changes={k: (v[0], v[1]) for k, v in item.changes.items() if k not in DERIVED},
            undoes=None if item.undoes is None else int(item.undoes),
        )


@dataclass(frozen=True)
class Reply:
    """A public message to a requester, and the ticket it is in."""

    ticket_id: int
    event: Event
