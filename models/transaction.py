"""Transactions: writes that all happen or none. Only this module retries them and maps their errors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from dynamodb_client import LeanModel, connection
from models.store_errors import Cancelled, EngineUnavailable, StoreError, VersionMoved, translated

ATTEMPTS = 5  # for two writers who meet on one item at the same moment
LOCK_ATTEMPTS = 20
MAX_ITEMS = 100  # DynamoDB's limit for one transaction
NO_TOKEN = ""  # the client sends none; without any value botocore would invent one
CONDITION, CONFLICT = "ConditionalCheckFailed", "TransactionConflict"  # DynamoDB's codes


class LockMoved(VersionMoved):
    """Somebody else wrote under the optimistic lock since it was read. Nothing was written."""


@dataclass(frozen=True)
class Delete:
    """Deletes an item; when `condition` does not hold, the transaction raises `refused`."""

    sent: ClassVar[int] = 1
    item: LeanModel
    condition: Condition | None = None
    refused: type[StoreError] = VersionMoved

    def join(self, transaction: TransactWrite) -> None:
        """Add this to a transaction."""
        transaction.delete(self.item, condition=self.condition)


@dataclass(frozen=True)
class Put:
    """Writes a whole item; when `condition` does not hold, the transaction raises `refused`."""

    sent: ClassVar[int] = 2
    item: LeanModel
    condition: Condition | None = None
    refused: type[StoreError] = VersionMoved

    def join(self, transaction: TransactWrite) -> None:
        """Add this to a transaction."""
        transaction.save(self.item, condition=self.condition)


@dataclass(frozen=True)
class Update:
    """Changes some attributes of an item; when `condition` does not hold, the transaction raises `refused`."""

    sent: ClassVar[int] = 3
    item: LeanModel
    actions: Sequence[Action]
    condition: Condition
    refused: type[StoreError] = VersionMoved

    def join(self, transaction: TransactWrite) -> None:
        """Add this to a transaction."""
        transaction.update(self.item, actions=list(self.actions), condition=self.condition)


@dataclass(frozen=True)
class OptimisticLock(Put):
    """An item that writers of different items also write, on the condition that nobody else has."""

    refused: type[StoreError] = LockMoved


Write = Delete | Put | Update
Also = Sequence[LeanModel | Put | Update]  # writes in the same transaction as the main item


def write(*writes: Write, also: Also = (), token: bool = True, retry: bool = True) -> None:
    """Run one transaction.

    Where several conditions do not hold, the first in the order given decides what is raised; `also` comes
    last. A transaction that meets another one on the same item is tried again, or raises VersionMoved at
    once without `retry`, for callers that read again before they retry. With `token` the engine recognizes a
    request that the client sends again after a lost answer. Callers that find their own write by reading do
    without: an engine keeps each token for ten minutes, and the embedded one slows with every token it keeps.
    Raises EngineUnavailable when no clear answer came.
    """
    every = [*writes, *(each if isinstance(each, Put | Update) else Put(each) for each in also)]
    for _ in range(ATTEMPTS):
        try:
            return _send(every, token=token)
        except Cancelled as cancelled:
            _raise_refused(every, cancelled)
            if CONFLICT not in cancelled.codes:
                raise EngineUnavailable(str(cancelled.codes)) from cancelled
            if not retry:
                raise VersionMoved from cancelled
    raise EngineUnavailable("others write the same item again and again")


def put_version(
    item: LeanModel, condition: Condition, also: Also, stored: Callable[[], LeanModel | None]
) -> None:
    """Write a version of an item, alone or in a transaction with others; raises VersionMoved, LockMoved.

    After a lost answer the client sends the write again and its condition no longer holds, because the first
    one arrived: `stored` reads the item to tell that apart from somebody else's write.
    """
    try:
        if also:
            write(Put(item, condition), also=also)
        else:
            with translated():
                item.save(condition=condition)
    except LockMoved:
        raise
    except VersionMoved:
        present = stored()
        if present is None or present.serialize() != item.serialize():
            raise


def retry_locked(write: Callable[[], None]) -> None:
    """Repeat a write that reads its optimistic lock each time, until nobody else is faster."""
    for _ in range(LOCK_ATTEMPTS):
        try:
            return write()
        except LockMoved:
            continue
    raise EngineUnavailable("others write under the same lock again and again")


def _send(writes: Sequence[Write], *, token: bool) -> None:
    sent = None if token else NO_TOKEN
    with translated(), TransactWrite(connection=connection(), client_request_token=sent) as transaction:
        for each in writes:
            each.join(transaction)


def _raise_refused(writes: Sequence[Write], cancelled: Cancelled) -> None:
    """Raise the error of the first write whose condition failed."""
    # PynamoDB sends deletes, then puts, then updates; DynamoDB returns the reasons in that order.
    sent = sorted(range(len(writes)), key=lambda index: writes[index].sent)
    refused = {index for index, code in zip(sent, cancelled.codes, strict=False) if code == CONDITION}
    if refused:
        raise writes[min(refused)].refused from cancelled
    if CONDITION in cancelled.codes:  # a list that is shorter or longer than the transaction
        raise VersionMoved from cancelled
