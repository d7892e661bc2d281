"""Attribute types of our tables: an instant in time and a JSON document."""

from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson
from pynamodb.attributes import Attribute
from pynamodb.constants import STRING

_T = TypeVar("_T")


class Instant(Attribute[datetime]):
    """Store an aware datetime as UTC text with microseconds and "Z", so that text order is time order.

    Raises ValueError when given a naive datetime.
    """

    attr_type = STRING

    def serialize(self, value: datetime) -> str:
        """Write an aware datetime as "2026-11-22T10:00:00.000000Z"."""
        if value.tzinfo is None:
            raise ValueError(f"{self.attr_name} needs a timezone-aware datetime, got {value!r}")
        return f"{value.astimezone(UTC).isoformat(timespec='microseconds')[:-6]}Z"

    def deserialize(self, value: str) -> datetime:
        """Read what serialize wrote."""
        return datetime.fromisoformat(value)


class Json(Attribute[_T]):
    """Store a Python value as JSON text; annotate the value's type: `Json[dict[str, str]]()`.

    Raises TypeError for what JSON cannot give back as it was, datetimes included: write them as text.
    Infinity and NaN, which JSON does not have, are stored as null.
    """

    attr_type = STRING

    def serialize(self, value: Any) -> str:
        """Write a value as JSON text."""
        return orjson.dumps(value, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()

    def deserialize(self, value: str) -> Any:
        """Read JSON text."""
        return orjson.loads(value)
