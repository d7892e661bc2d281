"""What follows from a change of a ticket in the same transaction; whoever is above the tickets decides."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from models.ticket_fields import TicketFields
from models.ticket_history import TicketHistory
from models.transaction import Also
from services.tickets.ticket import Ticket
from services.users.identity import Actor


@dataclass(frozen=True)
class TicketChange:
    """A change about to be written: the ticket before (None: it is new) and after it, and its history item."""

    actor: Actor
    now: datetime
    before: Ticket | None
    after: TicketFields
    event: TicketHistory


class Consequences(Protocol):
    """Decides what is written together with a change; asked again if the change is tried again."""

    def of(self, change: TicketChange) -> Also:
        """Return the items to write; none in most cases. Reads nothing, because every change waits for it."""
