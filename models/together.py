"""One item with its condition, and what must be written with it or not at all."""

from collections.abc import Callable, Sequence

from pynamodb.expressions.condition import Condition
from pynamodb.transactions import TransactWrite

from models.connection import LeanModel, connection
from models.errors import Cancelled, EngineUnavailable, VersionMoved, translated

TRIES = 5  # for two writers who meet on one item at the same moment


def save(item: LeanModel, condition: Condition, also: Sequence[LeanModel]) -> None:
    """Write an item under a condition, together with others; raises VersionMoved when it does not hold."""
    if not also:
        with translated():
            item.save(condition=condition)
    else:
        transact(lambda transaction: transaction.save(item, condition=condition), also)


def transact(write: Callable[[TransactWrite], None], also: Sequence[LeanModel] = ()) -> None:
    """Run a write that has a condition in one transaction with others; raises VersionMoved.

    A transaction that meets another on the same item is tried again.
    """
    for _ in range(TRIES):
        try:
            with translated(), TransactWrite(connection=connection()) as transaction:
                for other in also:
                    transaction.save(other)
                write(transaction)
            return
        except Cancelled as cancelled:
            if cancelled.failed(-1):
                raise VersionMoved from cancelled
            if "TransactionConflict" not in cancelled.codes:
                raise EngineUnavailable(str(cancelled.codes)) from cancelled
    raise EngineUnavailable("others write the same item again and again")
