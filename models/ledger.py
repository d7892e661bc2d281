"""The ledger transaction: ticket, history and all the change touches, written together or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pynamodb.transactions import TransactWrite

from dynamodb_client import LeanModel, connection
from models import setting, ticket_history
from models.errors import AlreadyDone, Cancelled, EngineUnavailable, StoreError, VersionMoved, translated
from models.setting import Setting
from models.ticket import Ticket
from models.ticket_history import TicketHistory

HEX_DIGITS = "0123456789abcdef"
MAX_ITEMS = 100  # DynamoDB's limit for one transaction


@dataclass(frozen=True)
class Commit:
    """One atomic write to the ledger.

    `expected_version` is the version the writer started from (0 for a new ticket); `events` are the versions that
    follow it without a gap, the last being the ticket's. `also` is written along (assignments, outbox
    entries, references). `idempotency_key` is a write-once item: a second commit with the same key writes nothing
    and learns what the first one recorded.
    """

    ticket: Ticket
    expected_version: int
    events: Sequence[TicketHistory]
    also: Sequence[LeanModel] = ()
    idempotency_key: Setting | None = None


def idempotency_key_item(key: str, value: dict[str, object], expires_at: datetime) -> Setting:
    """Build the write-once item of an idempotency key; it remembers `value` until `expires_at`."""
    return Setting(kind=_idempotency_kind(key[:1]), id=key, value=value, expires_at=expires_at)


def is_done(key: str) -> bool:
    """Tell whether a commit with this idempotency key was written."""
    return setting.find(_idempotency_kind(key[:1]), key) is not None


def sweep_idempotency_keys(now: datetime) -> int:
    """Delete the idempotency keys that have expired and return how many there were."""
    return sum(setting.sweep_expired(_idempotency_kind(digit), now) for digit in HEX_DIGITS)


def _idempotency_kind(digit: str) -> str:
    """Spread the keys, hexadecimal texts, over sixteen partitions."""
    return f"once#{digit}"


def write(commit: Commit) -> None:
    """Write a commit.

    Raises VersionMoved when the ticket is no longer at `expected_version`, AlreadyDone when `idempotency_key` was used before,
    EngineUnavailable when no clear answer came. An answer that got lost is settled by reading: the
    history item of this version carries either this attempt's id or somebody else's.
    """
    try:
        with translated():
            _transact(commit)
    except (Cancelled, EngineUnavailable) as error:
        if not _is_ours(commit):
            raise _meaning(error, commit) from error


def _transact(commit: Commit) -> None:
    expected_version = (
        Ticket.version == commit.expected_version
        if commit.expected_version
        else Ticket.ticket_id.does_not_exist()
    )
    with TransactWrite(
        connection=connection(), client_request_token=commit.events[-1].write_id
    ) as transaction:
        transaction.save(commit.ticket, condition=expected_version)
        if commit.idempotency_key is not None:
            transaction.save(commit.idempotency_key, condition=Setting.id.does_not_exist())
        for event in commit.events:
            transaction.save(event, condition=TicketHistory.version.does_not_exist())
        for item in commit.also:
            transaction.save(item)


def _meaning(error: Cancelled | EngineUnavailable, commit: Commit) -> StoreError:
    """Say what a refused transaction means: done before, overtaken, or no clear answer."""
    if isinstance(error, EngineUnavailable):
        return error
    if commit.idempotency_key is not None and error.failed(1):
        done = setting.find(commit.idempotency_key.kind, commit.idempotency_key.id)
        if done is not None:
            return AlreadyDone(done.value)
    if {"ConditionalCheckFailed", "TransactionConflict"} & set(error.codes):
        return VersionMoved()
    return EngineUnavailable(str(error.codes))


def _is_ours(commit: Commit) -> bool:
    """Tell whether the first version of this commit stands in the ledger under this attempt's id."""
    first = commit.events[0]
    with translated():
        stored = ticket_history.find(int(first.ticket_id), int(first.version))
    return stored is not None and stored.write_id == first.write_id
