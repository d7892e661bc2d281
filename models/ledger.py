"""The ledger transaction: ticket, history and all the change touches, written together or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass

from models import idempotency_key, ticket_history, transaction
from models.idempotency_key import IdempotencyKey
from models.store_errors import AlreadyDone, StoreError, VersionMoved
from models.ticket import Ticket
from models.ticket_history import TicketHistory
from models.transaction import Also, Put


@dataclass(frozen=True)
class Commit:
    """One atomic write to the ledger.

    `expected_version` is the version the writer started from (0 for a new ticket); `events` are the versions that
    follow it without a gap, the last being the ticket's. `also` is written along (assignments, outbox
    entries, references). A second commit with the same `idempotency_key` writes nothing.
    """

    ticket: Ticket
    expected_version: int
    events: Sequence[TicketHistory]
    also: Also = ()
    idempotency_key: IdempotencyKey | None = None


def write(commit: Commit) -> None:
    """Write a commit.

    Raises VersionMoved when the ticket is no longer at `expected_version`, AlreadyDone when
    `idempotency_key` was used before, the error of a write of `also` whose condition does not hold (such as
    CountFull), EngineUnavailable when no clear answer came. An answer that got lost
    is settled by reading: the history item of this version carries either this writer's id or somebody
    else's. A writer who tries again after VersionMoved keeps its id and asks `is_written`, because a request
    that was given up may still be on its way.
    """
    first = commit.events[0]
    try:
        _transact(commit)
    except StoreError as error:
        if not is_written(int(first.ticket_id), int(first.version), first.write_id):
            raise _meaning(error) from error


def is_written(ticket_id: int, version: int, write_id: str) -> bool:
    """Tell whether a version stands in the ledger under this writer's id."""
    stored = ticket_history.find(ticket_id, version)
    return stored is not None and stored.write_id == write_id


def _transact(commit: Commit) -> None:
    unchanged = (
        Ticket.version == commit.expected_version
        if commit.expected_version
        else Ticket.ticket_id.does_not_exist()
    )
    key = commit.idempotency_key
    unused = idempotency_key.unused(commit.events[0].write_id)
    once = [Put(key, unused, refused=AlreadyDone)] if key is not None else []
    transaction.write(
        *once,
        Put(commit.ticket, unchanged),
        *(Put(event, TicketHistory.version.does_not_exist()) for event in commit.events),
        also=commit.also,
        token=False,
        retry=False,
    )


def _meaning(error: StoreError) -> StoreError:
    """Say what a refused transaction means: done before, overtaken, or no clear answer."""
    # Any other error is no clear answer, or what a write of `also` says of itself.
    return VersionMoved() if isinstance(error, VersionMoved) else error
