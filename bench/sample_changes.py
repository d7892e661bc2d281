"""Changes of a ticket as the product writes them, for measuring single transactions."""

from datetime import UTC, datetime, timedelta

from models import ticket, ticket_history, transaction
from models.ticket import Ticket
from models.ticket_fields import TicketFields
from models.ticket_history import TicketHistory
from models.transaction import Put

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)


def fields(number: int) -> TicketFields:
    """Return the fields of a ticket like any other."""
    return TicketFields(
        subject=f"Printer on floor {number} prints blank pages after the update",
        status="open",
        priority="normal",
        requester_id=f"customer-{number}",
        assignee_id="agent-1",
        team_id="team-1",
        category="hardware",
        channel="web",
        created_at=BEGIN,
    )


def write(version: int, *, token: bool = False) -> None:
    """Write a version of ticket 1 with its history item, in one transaction; version 1 must stand already."""
    at = BEGIN + timedelta(seconds=version)
    item = ticket.compose(ticket_id=1, version=version, updated_at=at, fields=fields(1), shards=1)
    change = TicketHistory(
        ticket_id=1,
        version=version,
        at=at,
        actor_id="agent-1",
        actor_kind="agent",
        kind="reply",
        public=True,
        body="The driver of the printer was replaced. " * 5,
        changes={"status": ["new", "open"]},
        state={"status": "open", "priority": "normal", "team_id": "team-1", "assignee_id": "agent-1"},
        write_id=f"{version:032x}",
        **ticket_history.feed_keys(1, version, at, 1),
    )
    unchanged = Ticket.version == version - 1
    transaction.write(Put(item, unchanged), also=[change], token=token)
