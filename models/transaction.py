"""One item with its condition, and what must be written with it or not at all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pynamodb.expressions.condition import Condition
from pynamodb.transactions import TransactWrite

from dynamodb_client import LeanModel, connection
from models.errors import Cancelled, EngineUnavailable, VersionMoved, translated

TRIES = 5  # for two writers who meet on one item at the same moment
TURNS = 20


class LockMoved(VersionMoved):
    """Somebody else had their turn since the guard was read. Nothing was written."""


@dataclass(frozen=True)
class OptimisticLock:
    """An item with a condition of its own, written along so that writers of different items take turns."""

    item: LeanModel
    condition: Condition


Along = Sequence[LeanModel | OptimisticLock]  # with one guard at most


def join(transaction: TransactWrite, also: Along) -> bool:
    """Add what goes along, the guard last, and tell whether there is one; the main item comes after it."""
    guards = [each for each in also if isinstance(each, OptimisticLock)]
    for item in also:
        if not isinstance(item, OptimisticLock):
            transaction.save(item)
    for guard in guards:
        transaction.save(guard.item, condition=guard.condition)
    return bool(guards)


def save(item: LeanModel, condition: Condition, also: Along) -> None:
    """Write an item under a condition, together with others; raises VersionMoved when it does not hold."""
    if not also:
        with translated():
            item.save(condition=condition)
    else:
        transact(lambda transaction: transaction.save(item, condition=condition), also)


def transact(write: Callable[[TransactWrite], None], also: Along = ()) -> None:
    """Run a write that has a condition in one transaction with others; raises VersionMoved, GuardMoved.

    A transaction that meets another on the same item is tried again.
    """
    for _ in range(TRIES):
        guarded = False
        try:
            with translated(), TransactWrite(connection=connection()) as transaction:
                guarded = join(transaction, also)
                write(transaction)
            return
        except Cancelled as cancelled:
            raise_moved(cancelled, guarded=guarded)
            if "TransactionConflict" not in cancelled.codes:
                raise EngineUnavailable(str(cancelled.codes)) from cancelled
    raise EngineUnavailable("others write the same item again and again")


def raise_moved(cancelled: Cancelled, *, guarded: bool) -> None:
    """Raise VersionMoved when the last item's condition did not hold, GuardMoved when the guard's did not."""
    if cancelled.failed(-1):
        raise VersionMoved from cancelled
    if guarded and cancelled.failed(-2):
        raise LockMoved from cancelled


def retry_locked(write: Callable[[], None]) -> None:
    """Run a write that reads its guard anew each time, until it has its turn."""
    for _ in range(TURNS):
        try:
            return write()
        except LockMoved:
            continue
    raise EngineUnavailable("others write under the same guard again and again")
