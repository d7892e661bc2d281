"""The base class of all tables."""

from typing import Any

from pynamodb.connection.table import TableConnection
from pynamodb.models import Model


class NotConnectedError(RuntimeError):
    """A table was used before connect() named it."""


class LeanModel(Model):
    """A PynamoDB model on the process's shared client instead of one of its own."""

    @classmethod
    def _get_connection(cls) -> TableConnection:
        if cls._connection is None:
            raise NotConnectedError(f"{cls.__name__} is not connected: name it in connect()")
        return cls._connection


def serialize(model: LeanModel) -> dict[str, dict[str, Any]]:
    """Turn an instance into the raw attribute map that client() takes; checks for missing attributes."""
    return model.serialize()
