"""Errors of reads and writes, translated from PynamoDB's and botocore's exceptions."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException, TransactWriteError


class StoreError(Exception):
    """Base of this module's errors."""


class VersionMoved(StoreError):
    """A condition of the write failed because somebody else wrote first. Nothing was written."""


class Cancelled(StoreError):
    """A transaction was cancelled; `codes` has one reason per item, in the order sent.

    It never leaves this package: models.transaction turns it into one of the other errors.
    """

    def __init__(self, codes: list[str | None]) -> None:
        super().__init__("cancelled")
        self.codes = codes


class AlreadyDone(StoreError):
    """The idempotency key of the write was used before."""


class EngineUnavailable(StoreError):
    """The engine did not answer, or is too busy; the request may be tried again."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn the libraries' exceptions into the errors of this module."""
    try:
        yield
    except TransactWriteError as error:
        if _code(error) != "TransactionCanceledException":
            raise EngineUnavailable(type(error).__name__) from error
        raise Cancelled([reason.code if reason else None for reason in error.cancellation_reasons]) from error
    except PynamoDBException as error:
        if _code(error) == "ConditionalCheckFailedException":
            raise VersionMoved from error
        raise EngineUnavailable(type(error).__name__) from error
    except (BotoCoreError, ClientError) as error:
        raise EngineUnavailable(type(error).__name__) from error


def _code(error: PynamoDBException) -> str | None:
    """Return DynamoDB's error code; None without a response, for which PynamoDB's own property fails."""
    return error.cause_response_code if isinstance(error.cause, ClientError) else None
