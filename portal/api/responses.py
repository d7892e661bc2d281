"""What the API answers with: one frozen dataclass for each thing, times in UTC as ISO 8601."""

from dataclasses import dataclass
from datetime import datetime

from services.tickets import Page, Ticket, TicketRow
from services.users.api_tokens import Holder


def moment(at: datetime | None) -> str | None:
    """Write a time; the text of two times sorts as the times do."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if at is not None else None


@dataclass(frozen=True)
class MeResponse:
    """Who is calling, and what they may do with this token, and how far."""

    id: str
    name: str
    role: str
    token: str
    expires_at: str | None
    permissions: dict[str, str]

    @classmethod
    def of(cls, holder: Holder) -> "MeResponse":
        """Take over what a program may know of its own token."""
        actor = holder.actor
        return cls(
            id=actor.user_id,
            name=actor.name,
            role=actor.role_id,
            token=holder.token.name,
            expires_at=moment(holder.token.expires_at),
            permissions={str(name): scope.name.lower() for name, scope in sorted(actor.permissions.items())},
        )


@dataclass(frozen=True)
class TicketResponse:
    """One ticket as lists and single answers have it."""

    id: int
    version: int
    subject: str
    status: str
    priority: str
    category: str | None
    team_id: str | None
    assignee_id: str | None
    requester_id: str | None
    channel: str | None
    created_at: str | None
    updated_at: str | None

    @classmethod
    def of(cls, found: Ticket | TicketRow) -> "TicketResponse":
        """Take over a ticket, or a row of a list."""
        return cls(
            id=found.ticket_id,
            version=found.version,
            subject=found.subject,
            status=found.status,
            priority=found.priority,
            category=found.category,
            team_id=found.team_id,
            assignee_id=found.assignee_id,
            requester_id=found.requester_id,
            channel=found.channel,
            created_at=moment(found.created_at),
            updated_at=moment(found.updated_at),
        )


@dataclass(frozen=True)
class TicketsResponse:
    """One page of tickets; `next` is the cursor of the following page, none at the end."""

    tickets: list[TicketResponse]
    next: str | None

    @classmethod
    def of(cls, page: Page) -> "TicketsResponse":
        """Take over a page; one that stopped early goes on where it stopped."""
        return cls([TicketResponse.of(row) for row in page.rows], page.next_cursor or page.resume)
