"""The ledger transaction: ticket, history and all the change touches, written together or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass

from models import idempotency_key, ticket_history, transaction
from models.idempotency_key import IdempotencyKey
from models.store_errors import AlreadyDone, StoreError, VersionMoved
from models.ticket import Ticket
from models.ticket_history import TicketHistory
from models.transaction import Also, Put


class _KeyUsed(StoreError):
    """The idempotency key of a commit was used before."""


@dataclass(frozen=True)
class Commit:
    """One atomic write to the ledger.

    `expected_version` is the version the writer started from (0 for a new ticket); `events` are the versions that
    follow it without a gap, the last being the ticket's. `also` is written along (assignments, outbox
    entries, references). A second commit with the same `idempotency_key` writes nothing and learns what the
    first one recorded.
    """

    ticket: Ticket
    expected_version: int
    events: Sequence[TicketHistory]
    also: Also = ()
    idempotency_key: IdempotencyKey | None = None


def write(commit: Commit) -> None:
    """Write a commit.

    Raises VersionMoved when the ticket is no longer at `expected_version`, AlreadyDone when
    `idempotency_key` was used before, the error of a write of `also` whose condition does not hold,
    EngineUnavailable when no clear answer came. An answer that got lost
    is settled by reading: the history item of this version carries either this attempt's id or somebody
    else's.
    """
    try:
        _transact(commit)
    except StoreError as error:
        if not _is_ours(commit):
            raise _meaning(error, commit) from error


def _transact(commit: Commit) -> None:
    unchanged = (
        Ticket.version == commit.expected_version
        if commit.expected_version
        else Ticket.ticket_id.does_not_exist()
    )
    key = commit.idempotency_key
    once = [Put(key, IdempotencyKey.key.does_not_exist(), refused=_KeyUsed)] if key is not None else []
    transaction.write(
        *once,
        Put(commit.ticket, unchanged),
        *(Put(event, TicketHistory.version.does_not_exist()) for event in commit.events),
        also=commit.also,
        token=commit.events[-1].write_id,
        retry=False,
    )


def _meaning(error: StoreError, commit: Commit) -> StoreError:
    """Say what a refused transaction means: done before, overtaken, or no clear answer."""
    if not isinstance(error, VersionMoved | _KeyUsed):
        return error  # no clear answer, or what a write of `also` says of itself
    if isinstance(error, _KeyUsed) and commit.idempotency_key is not None:
        done = idempotency_key.find(commit.idempotency_key.key)
        if done is not None:
            return AlreadyDone(done.value)
    return VersionMoved()


def _is_ours(commit: Commit) -> bool:
    """Tell whether the first version of this commit stands in the ledger under this attempt's id."""
    first = commit.events[0]
    stored = ticket_history.find(int(first.ticket_id), int(first.version))
    return stored is not None and stored.write_id == first.write_id
