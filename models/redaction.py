"""Other words in what is never changed otherwise, the ledger and the trail: for erasing a person alone.

Versions, times, states and who did it stay, so everything that is counted or checked stays true.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from dynamodb_client import connection
from models.audit import TRAIL, AuditEntry
from models.errors import Cancelled, EngineUnavailable, VersionMoved, translated
from models.ticket import Ticket
from models.ticket_fields import ERASABLE
from models.ticket_history import TicketHistory

MOST, BYTES = 90, 1_000_000  # of history items in one transaction; DynamoDB takes 100 and 4 MB


def ledger(ticket: Ticket, messages: Sequence[TicketHistory], changes: Sequence[TicketHistory]) -> None:
    """Write the words of a ticket as given, and of items of its history.

    `messages` differ in their body alone. `changes` go with the ticket in one transaction, the last, so that
    what is folded is true at any moment. Raises VersionMoved when the ticket moved on since it was read.
    """
    *parts, last = [*_parts(messages), *(_parts(changes) if changes else [[]])]
    for part in parts:
        _transact(part, None)
    _transact(last, ticket)


def _transact(events: Sequence[TicketHistory], ticket: Ticket | None) -> None:
    try:
        with translated(), TransactWrite(connection=connection()) as transaction:
            for event in events:
                actions: list[Action] = [TicketHistory.changes.set(event.changes)]
                if event.body is not None:
                    actions.append(TicketHistory.body.set(event.body))
                item = TicketHistory(ticket_id=event.ticket_id, version=event.version)
                transaction.update(item, actions=actions, condition=TicketHistory.version.exists())
            if ticket is not None:
                _add_ticket(transaction, ticket)
    except Cancelled as cancelled:
        if {"ConditionalCheckFailed", "TransactionConflict"} & set(cancelled.codes):
            raise VersionMoved from cancelled
        raise EngineUnavailable(str(cancelled.codes)) from cancelled


def _add_ticket(transaction: TransactWrite, ticket: Ticket) -> None:
    attributes = Ticket.get_attributes()
    words = {name: attributes[name] for name in (*ERASABLE, "custom")}
    transaction.update(
        Ticket(ticket_id=ticket.ticket_id),
        actions=[
            word.set(getattr(ticket, name)) if getattr(ticket, name) else word.remove()
            for name, word in words.items()
        ],
        condition=Ticket.version == ticket.version,
    )


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
    """Read the next entries of the whole trail, in the order of their keys."""
    later = AuditEntry.entry_key > after if after is not None else None
    with translated():
        return list(AuditEntry.query(TRAIL, later, limit=limit, consistent_read=True))


def trail(entry: AuditEntry, *, subject: str, changes: dict[str, Any], address: str | None) -> None:
    """Write what an entry says of a person; who did what and when stays."""
    where = AuditEntry.address.set(address) if address is not None else AuditEntry.address.remove()
    with translated():
        entry.update(
            actions=[AuditEntry.subject.set(subject), AuditEntry.changes.set(changes), where],
            condition=AuditEntry.entry_key.exists(),
        )
