"""What the tickets domain answers with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models.ticket import Ticket as TicketItem
from models.ticket_history import TicketHistory
from services.tickets.fields import DERIVED, is_done


@dataclass(frozen=True)
class Ticket:
    """One ticket as it stands at a version.

    `wrote` names the fields that the call which answered with it changed: none when it only read.
    """

    ticket_id: int
    version: int
    subject: str
    status: str
    priority: str
    requester_id: str | None
    assignee_id: str | None
    team_id: str | None
    organization_id: str | None
    category: str | None
    channel: str | None
    created_at: datetime
    updated_at: datetime
    first_response_at: datetime | None
    solved_at: datetime | None
    closed_at: datetime | None
    reopens: int
    reassigns: int
    custom: Mapping[str, Any]
    wrote: frozenset[str] = field(default=frozenset(), compare=False)

    @classmethod
    def from_model(cls, item: TicketItem) -> "Ticket":
        """Take over the stored ticket without its index keys."""
        return cls(
            ticket_id=int(item.ticket_id),
            version=int(item.version),
            subject=item.subject,
            status=item.status,
            priority=item.priority,
            requester_id=item.requester_id,
            assignee_id=item.assignee_id,
            team_id=item.team_id,
            organization_id=item.organization_id,
            category=item.category,
            channel=item.channel,
            created_at=item.created_at,
            updated_at=item.updated_at,
            first_response_at=item.first_response_at,
            solved_at=item.solved_at,
            closed_at=item.closed_at,
            reopens=int(item.reopens or 0),
            reassigns=int(item.reassigns or 0),
            custom=item.custom or {},
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
