"""Reading and writing raw items by steps compiled once per model.

PynamoDB goes through every attribute of the model for every item, over descriptors. A codec goes straight
to the instance's values. What it cannot treat exactly as PynamoDB does is left to PynamoDB: when reading,
single attributes or the whole model; when writing, the whole model.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from pynamodb.attributes import (
    Attribute,
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    NumberSetAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
    VersionAttribute,
)
from pynamodb.constants import NULL
from pynamodb.exceptions import AttributeDeserializationError, AttributeNullError
from pynamodb.models import Model

from dynamodb_client.attributes import Instant, Json

Raw = dict[str, dict[str, Any]]
Convert = Callable[[Any], Any]


def _number(text: str) -> float:
    try:
        return int(text)
    except ValueError:
        return float(json.loads(text))


def _whole_number(text: str) -> int:
    return int(_number(text))


def _ttl(text: str) -> datetime:
    return datetime.fromtimestamp(_number(text), tz=UTC)


# How to read the values of known attribute types; None takes a value as it is.
# By exact type: a subclass may read differently.
_READERS: dict[type[Any], Convert | None] = {
    UnicodeAttribute: None,
    NumberAttribute: _number,
    VersionAttribute: _whole_number,
    TTLAttribute: _ttl,
    BooleanAttribute: bool,
    Instant: datetime.fromisoformat,
}
# Types whose own deserialize() is called.
_OWN_READERS = frozenset({Json, JSONAttribute, NumberSetAttribute, UnicodeSetAttribute, UTCDateTimeAttribute})


def _number_text(value: Any) -> str:
    return str(value) if type(value) is int else json.dumps(value)


# How to write values, where the type's own serialize() does more than is needed.
_WRITERS: dict[type[Any], Convert | None] = {UnicodeAttribute: None, NumberAttribute: _number_text}


class ItemCodec:
    """Reads and writes the items of one model."""

    def __init__(self, model: type[Model]) -> None:
        """Compile the steps for a model; `reads` and `writes` tell what they may be used for."""
        self._read_steps: dict[str, tuple[str, str, Convert | None]] = {}
        self._others: list[tuple[str, Attribute[Any]]] = []
        self._fixed: dict[str, Any] = {}
        self._computed: list[tuple[str, Callable[[], Any]]] = []
        self._write_steps: list[tuple[str, str, str, Convert | None, bool]] = []
        for name, attribute in model.get_attributes().items():
            self._add_default(name, attribute)
            kind = type(attribute)
            if kind in _READERS:
                self._read_steps[attribute.attr_name] = (name, attribute.attr_type, _READERS[kind])
            elif kind in _OWN_READERS:
                self._read_steps[attribute.attr_name] = (name, attribute.attr_type, attribute.deserialize)
            else:
                self._others.append((name, attribute))
            write = _WRITERS.get(kind, attribute.serialize)
            self._write_steps.append(
                (name, attribute.attr_name, attribute.attr_type, write, bool(attribute.null))
            )
        self.writes = not self._others
        # A discriminator picks the class by the item; an own constructor may do anything.
        self.reads = model._get_discriminator_attribute() is None and model.__init__ is Model.__init__
        if self.reads and self._fixed:
            # As the attributes store them, which may normalize (a TTL given as a duration).
            stored = model(_user_instantiated=False).attribute_values
            self._fixed = {name: stored[name] for name in self._fixed}

    def _add_default(self, name: str, attribute: Attribute[Any]) -> None:
        default = attribute.default
        if callable(default):
            self._computed.append((name, default))
        elif isinstance(default, timedelta):
            self._computed.append((name, lambda: default))  # a TTL counted from the moment of reading
        elif default is not None:
            self._fixed[name] = default

    def fill(self, instance: Model, data: Raw) -> None:
        """Give an instance the values of a raw item, and the defaults of what the item lacks.

        Raises AttributeDeserializationError for a value of another type than the attribute's.
        """
        values = self._fixed.copy()
        instance.attribute_values = values
        steps = self._read_steps
        for key, tagged in data.items():
            step = steps.get(key)
            if step is None:
                continue
            name, tag, convert = step
            try:
                value = tagged[tag]
            except KeyError:
                if NULL in tagged or not tagged:
                    continue
                raise AttributeDeserializationError(key, tag) from None
            values[name] = value if convert is None else convert(value)
        for name, make in self._computed:
            if name not in values and (default := make()) is not None:
                setattr(instance, name, default)
        for name, attribute in self._others:
            raw = data.get(attribute.attr_name)
            if raw and NULL not in raw:
                setattr(instance, name, attribute.deserialize(attribute.get_value(raw)))

    def write(self, instance: Model, null_check: bool) -> Raw:
        """Turn an instance of a model with `writes` into a raw item, in PynamoDB's order of attributes.

        Raises AttributeNullError for a missing value when `null_check` is on.
        """
        item: Raw = {}
        values = instance.attribute_values
        for name, key, tag, convert, nullable in self._write_steps:
            value = values.get(name)
            if value is not None:
                value = value if convert is None else convert(value)
            if value is not None:
                item[key] = {tag: value}
            elif null_check and not nullable:
                raise AttributeNullError(name)
        return item
