"""What the API answers with: one frozen dataclass for each thing, times in UTC as ISO 8601."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.tickets import Kind, Page, Ticket, TicketRow, field_names
from services.users.api_tokens import TokenOwner


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
    def from_owner(cls, owner: TokenOwner) -> "MeResponse":
        """Take over what a program may know of its own token."""
        actor = owner.actor
        return cls(
            id=actor.user_id,
            name=actor.name,
            role=actor.role_id,
            token=owner.token.name,
            expires_at=moment(owner.token.expires_at),
            permissions={str(name): scope.name.lower() for name, scope in sorted(actor.permissions.items())},
        )


_TEXTS = field_names(lambda each: each.in_api and each.kind is not Kind.TIME)
_TIMES = field_names(lambda each: each.in_api and each.kind is Kind.TIME)


@dataclass(frozen=True)
class TicketResponse:
    """One ticket as lists and single answers have it; `fields` are those of the registry that are in the API."""

    id: int
    version: int
    fields: Mapping[str, str | None]

    @classmethod
    def from_ticket(cls, ticket: Ticket | TicketRow) -> "TicketResponse":
        """Take over a ticket, or a row of a list."""
        texts = {name: getattr(ticket, name) for name in _TEXTS}
        times = {name: moment(getattr(ticket, name)) for name in _TIMES}
        return cls(ticket.ticket_id, ticket.version, texts | times)

    def as_json(self) -> dict[str, Any]:
        """Return it as one flat object."""
        return {"id": self.id, "version": self.version, **self.fields}


@dataclass(frozen=True)
class TicketsResponse:
    """One page of tickets; `next` is the cursor of the following page, none at the end."""

    tickets: list[TicketResponse]
    next: str | None

    @classmethod
    def from_page(cls, page: Page) -> "TicketsResponse":
        """Take over a page; one that stopped early goes on where it stopped."""
        return cls([TicketResponse.from_ticket(row) for row in page.rows], page.next_cursor or page.resume)

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {"tickets": [ticket.as_json() for ticket in self.tickets], "next": self.next}
