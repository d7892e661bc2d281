"""The base class of all tables: items are read and written by a codec compiled once per class."""

from typing import Any, Self

from pynamodb.connection.table import TableConnection
from pynamodb.models import Model

from dynamodb_client.item_codec import ItemCodec


class NotConnectedError(RuntimeError):
    """A table was used before connect() named it."""


class LeanModel(Model):
    """A PynamoDB model on the process's shared client, with an item codec where that client is fast."""

    @classmethod
    def _get_connection(cls) -> TableConnection:
        if cls._connection is None:
            raise NotConnectedError(f"{cls.__name__} is not connected: name it in connect()")
        return cls._connection

    @classmethod
    def from_raw_data(cls, data: dict[str, Any]) -> Self:
        """Build an instance from a raw attribute map; the same instance as stock's, faster."""
        codec = _codec(cls)
        if codec is None or not codec.reads:
            return super().from_raw_data(data)
        if data is None:
            raise ValueError("Received no data to construct object")
        instance = cls.__new__(cls)
        codec.fill(instance, data)
        return instance

    def serialize(self, null_check: bool = True) -> dict[str, dict[str, Any]]:
        """Turn this instance into a raw attribute map; the same map as stock's, faster."""
        codec = _codec(type(self))
        if codec is None or not codec.writes:
            return super().serialize(null_check=null_check)
        return codec.write(self, null_check)


# None leaves a model to PynamoDB.
_codecs: dict[type[LeanModel], ItemCodec | None] = {}


def _codec(model: type[LeanModel]) -> ItemCodec | None:
    """Return a model's codec, compiled on first use: PynamoDB completes a class after its creation."""
    try:
        return _codecs[model]
    except KeyError:
        return _codecs.setdefault(model, ItemCodec(model))


def choose_codec(model: type[LeanModel], *, fast: bool) -> None:
    """Let a model's items be read and written by its codec, or by PynamoDB."""
    if fast:
        _codecs.pop(model, None)
    else:
        _codecs[model] = None


def serialize(model: LeanModel) -> dict[str, dict[str, Any]]:
    """Turn an instance into the raw attribute map that client() takes; checks for missing attributes."""
    return model.serialize()
