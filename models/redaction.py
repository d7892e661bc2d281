"""Replaces texts in the ledger and the audit log, which never change otherwise; only for erasing a person.

Versions, times, states and actors stay, so that counts and checks stay correct.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from pynamodb.expressions.update import Action

from models import items, transaction
from models.audit import PARTITION, AuditEntry
from models.store_errors import translated
from models.ticket import Ticket
from models.ticket_fields import ERASABLE
from models.ticket_history import TicketHistory
from models.transaction import Update

MOST, BYTES = 90, 1_000_000  # of history items in one transaction; DynamoDB takes 100 and 4 MB


def ledger(ticket: Ticket, messages: Sequence[TicketHistory], changes: Sequence[TicketHistory]) -> None:
    """Write the new texts of a ticket and of its history items.

    `messages` differ only in their body. `changes` are written with the ticket in one transaction, the last, so that
    what is folded is true at any moment. Raises VersionMoved when the ticket moved on since it was read.
    """
    *parts, last = [*_parts(messages), *(_parts(changes) if changes else [[]])]
    for part in parts:
        transaction.write(*map(_event, part), retry=False)
    transaction.write(*map(_event, last), _ticket(ticket), retry=False)


def _event(event: TicketHistory) -> Update:
    actions: list[Action] = [TicketHistory.changes.set(event.changes)]
    if event.body is not None:
        actions.append(TicketHistory.body.set(event.body))
    item = TicketHistory(ticket_id=event.ticket_id, version=event.version)
    return Update(item, actions, TicketHistory.version.exists())


def _ticket(ticket: Ticket) -> Update:
    words = {name: getattr(ticket, name) or None for name in (*ERASABLE, "custom")}
    item = Ticket(ticket_id=ticket.ticket_id)
    return Update(item, items.changes(Ticket, words), Ticket.version == ticket.version)


def _parts(events: Sequence[TicketHistory]) -> Iterator[list[TicketHistory]]:
    part: list[TicketHistory] = []
    size = 0
    for event in events:
        if part and (len(part) == MOST or size > BYTES):
            yield part
            part, size = [], 0
        part.append(event)
        size += len((event.body or "").encode())
    if part:
        yield part


def audit_log_page(after: str | None, limit: int) -> list[AuditEntry]:
    """Read the next entries of the whole audit log, in the order of their keys."""
    later = AuditEntry.entry_key > after if after is not None else None
    with translated():
        return list(AuditEntry.query(PARTITION, later, limit=limit, consistent_read=True))


def audit_entry(entry: AuditEntry, *, subject: str, changes: dict[str, Any], address: str | None) -> None:
    """Write the redacted values of an entry; actor, action and time stay."""
    where = AuditEntry.address.set(address) if address is not None else AuditEntry.address.remove()
    with translated():
        entry.update(
            actions=[AuditEntry.subject.set(subject), AuditEntry.changes.set(changes), where],
            condition=AuditEntry.entry_key.exists(),
        )
