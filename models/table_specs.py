"""The tables as plain values derived from the models, for code that creates or compares tables.

Nothing here connects to an engine, so the deployment's templates are built from it too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from dynamodb_client import LeanModel, bare_name


@dataclass(frozen=True)
class IndexSpec:
    """One index: its key, and what it carries beside the keys, sorted (None: everything)."""

    name: str
    hash_key: str
    range_key: str | None
    carries: tuple[str, ...] | None

    @property
    def projection(self) -> str:
        """Return DynamoDB's name for the projection of the index."""
        if self.carries is None:
            return "ALL"
        return "INCLUDE" if self.carries else "KEYS_ONLY"


@dataclass(frozen=True)
class TableSpec:
    """One table without its prefix: key, the types of all key attributes ("S", "N", "B"), indexes, expiry."""

    name: str
    hash_key: str
    range_key: str | None
    attributes: tuple[tuple[str, str], ...]
    indexes: tuple[IndexSpec, ...]
    ttl: str | None

    @classmethod
    def from_model(cls, model: type[LeanModel]) -> Self:
        """Read a model's metadata; the only place that relies on PynamoDB's own description of a schema."""
        schema, ttl = model._get_schema(), model._ttl_attribute()
        description = {
            "KeySchema": schema["key_schema"],
            "AttributeDefinitions": schema["attribute_definitions"],
            "GlobalSecondaryIndexes": [
                {"IndexName": i["index_name"], "KeySchema": i["key_schema"], "Projection": i["projection"]}
                for i in schema["global_secondary_indexes"]
            ],
        }
        if schema["local_secondary_indexes"]:
            raise NotImplementedError(
                f"{model.__name__}: local indexes cannot be added later; use global ones"
            )
        return cls.from_description(bare_name(model), description, None if ttl is None else ttl.attr_name)

    @classmethod
    def from_description(cls, name: str, description: Mapping[str, Any], ttl: str | None) -> Self:
        """Read a description of a table, as DescribeTable returns it and templates contain it."""
        hash_key, range_key = _keys(description["KeySchema"])
        kinds = {(a["AttributeName"], a["AttributeType"]) for a in description["AttributeDefinitions"]}
        indexes = [_index(index) for index in description.get("GlobalSecondaryIndexes") or ()]
        return cls(
            name=name,
            hash_key=hash_key,
            range_key=range_key,
            attributes=tuple(sorted(kinds)),
            indexes=tuple(sorted(indexes, key=lambda index: index.name)),
            ttl=ttl,
        )


def table_specs(models: Sequence[type[LeanModel]]) -> tuple[TableSpec, ...]:
    """Describe the tables of some models, in their order."""
    return tuple(TableSpec.from_model(model) for model in models)


def _keys(schema: Sequence[Mapping[str, str]]) -> tuple[str, str | None]:
    by_kind = {key["KeyType"]: key["AttributeName"] for key in schema}
    return by_kind["HASH"], by_kind.get("RANGE")


def _index(description: Mapping[str, Any]) -> IndexSpec:
    hash_key, range_key = _keys(description["KeySchema"])
    projection = description["Projection"]
    everything = projection["ProjectionType"] == "ALL"
    carries = None if everything else tuple(sorted(projection.get("NonKeyAttributes") or ()))
    return IndexSpec(name=description["IndexName"], hash_key=hash_key, range_key=range_key, carries=carries)
