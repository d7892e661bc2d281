"""What the planner knows of a model: names, kinds, keys and projections."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pynamodb.attributes import Attribute, VersionAttribute
from pynamodb.models import Model

from pynamodb_grid.listing.bounds import order_value

Raw = dict[str, Any]
Item = dict[str, Raw]
Position = tuple[str | None, ...]
"""Where a row stands in an index: its range key text, then the table's key texts."""


@dataclass(frozen=True, slots=True)
class KeySchema:
    """Names the key attributes of a table or index as DynamoDB knows them; projected=None means all."""

    index: str | None
    hash_name: str
    range_name: str | None
    projected: frozenset[str] | None


class Schema:
    """Reads a model's attributes, table key and indexes once."""

    def __init__(self, model: type[Model], ranks: Mapping[str, Sequence[str]] | None = None) -> None:
        """Inspect model; TypeError for what cannot be listed (binary keys, discriminators)."""
        self.model = model
        self._ranks = {
            field: {text: at for at, text in enumerate(texts)} for field, texts in (ranks or {}).items()
        }
        self.table = str(model.Meta.table_name)
        self.attributes: dict[str, Attribute[Any]] = dict(model.get_attributes())
        described = model._get_schema()
        self.kinds = {d["AttributeName"]: d["AttributeType"] for d in described["attribute_definitions"]}
        if "B" in self.kinds.values():
            raise TypeError(f"{model.__name__} has a binary key, which listings do not support")
        if model._get_discriminator_attribute() is not None:
            raise TypeError(f"{model.__name__} is polymorphic, which listings do not support")
        hash_name, range_name = _pair(described["key_schema"])
        self.table_keys = KeySchema(None, hash_name, range_name, None)
        self.pk_names = tuple(n for n in (hash_name, range_name) if n)
        versions = (a.attr_name for a in self.attributes.values() if isinstance(a, VersionAttribute))
        self.version_name = next(versions, None)
        self._indexes: dict[str, KeySchema] = {}
        for group in (described["global_secondary_indexes"], described["local_secondary_indexes"]):
            for index in group:
                self._indexes[index["index_name"]] = self._index(index)

    def _index(self, index: Any) -> KeySchema:
        hash_name, range_name = _pair(index["key_schema"])
        projection = index["projection"]
        projected = None
        if projection["ProjectionType"] != "ALL":
            keys = {*self.pk_names, hash_name, *([range_name] if range_name else [])}
            projected = frozenset(keys | set(projection.get("NonKeyAttributes", ())))
        return KeySchema(index["index_name"], hash_name, range_name, projected)

    def keys_of(self, index: str | None) -> KeySchema:
        """Finds the keys of an index, or of the table for None; KeyError names an unknown index."""
        if index is None:
            return self.table_keys
        try:
            return self._indexes[index]
        except KeyError:
            raise KeyError(f"{self.model.__name__} has no index {index!r}") from None

    def attr_name(self, field: str) -> str:
        """Translates a Python attribute name to its DynamoDB name."""
        return self.attributes[field].attr_name

    def order(self, field: str | None, kind: str, text: str) -> Any:
        """Gives what orders a value in a set sorted in memory: its rank where the field declares one."""
        rank = self._ranks.get(field or "")
        return order_value(kind, text) if rank is None else rank.get(text, len(rank))

    def position(self, item: Item, keys: KeySchema) -> Position:
        """Notes where an item stands in an index."""
        first = _text(item[keys.range_name]) if keys.range_name else None
        return (first, *(_text(item[name]) for name in self.pk_names))

    def start_key(self, position: Position, keys: KeySchema, hash_raw: Raw) -> Item:
        """Builds the ExclusiveStartKey that continues after a position."""
        start: Item = {n: {self.kinds[n]: t} for n, t in zip(self.pk_names, position[1:], strict=True)}
        start[keys.hash_name] = hash_raw
        if keys.range_name:
            start[keys.range_name] = {self.kinds[keys.range_name]: position[0]}
        return start

    def pk_of(self, item: Item) -> tuple[str, ...]:
        """Takes the table key out of an item, as raw texts."""
        return tuple(_text(item[name]) for name in self.pk_names)

    def pk_order(self, pk: tuple[str, ...]) -> tuple[Any, ...]:
        """Gives what orders table keys as DynamoDB does."""
        pairs = zip(self.pk_names, pk, strict=True)
        return tuple(Decimal(text) if self.kinds[name] == "N" else text for name, text in pairs)

    def pk_item(self, pk: Any) -> Item:
        """Serializes a Python table key (a scalar, or a pair for a composite key)."""
        parts = pk if isinstance(pk, tuple | list) else (pk,)
        by_name = {a.attr_name: a for a in self.attributes.values()}
        pairs = zip(self.pk_names, parts, strict=True)
        return {name: {self.kinds[name]: by_name[name].serialize(part)} for name, part in pairs}


def _pair(key_schema: Any) -> tuple[str, str | None]:
    by_type = {k["KeyType"]: k["AttributeName"] for k in key_schema}
    return by_type["HASH"], by_type.get("RANGE")


def _text(raw: Raw) -> str:
    return str(next(iter(raw.values())))
