"""Upgrades the indexes of existing tables to what the models declare.

An index cannot be changed. One that lacks an attribute, because a field is now listed or filtered by,
is deleted and created again from the table's items. Lists that need it fail meanwhile.
"""

import time
from typing import Any

from dynamodb_client import LeanModel, client
from models.store_errors import translated
from models.table_specs import IndexSpec, TableSpec

POLL_SECONDS = 1.0


def upgrade_indexes(tables: tuple[type[LeanModel], ...]) -> list[str]:
    """Create the indexes that are missing or lack attributes; returns them as "table.index"; safe to repeat."""
    upgraded = []
    for table in tables:
        name, spec = table.Meta.table_name, TableSpec.from_model(table)
        stored = {index.name: index for index in _stored(name).indexes}
        for index in spec.indexes:
            present = stored.get(index.name)
            if present is not None and not _lacks(present, index):
                continue
            if present is not None:
                _update(name, spec, {"Delete": {"IndexName": index.name}})
            _update(name, spec, {"Create": _definition(index)})
            upgraded.append(f"{name}.{index.name}")
    return upgraded


def _lacks(present: IndexSpec, index: IndexSpec) -> bool:
    if present.carries is None:
        return False
    return index.carries is None or not set(index.carries) <= set(present.carries)


def _stored(name: str) -> TableSpec:
    return TableSpec.from_description(name, _describe(name), None)


def _describe(name: str) -> Any:
    with translated():
        return client().describe_table(TableName=name)["Table"]


def _update(name: str, spec: TableSpec, change: dict[str, Any]) -> None:
    """Change one index and wait until it is done; DynamoDB changes one at a time."""
    attributes = [{"AttributeName": key, "AttributeType": kind} for key, kind in spec.attributes]
    with translated():
        client().update_table(
            TableName=name, AttributeDefinitions=attributes, GlobalSecondaryIndexUpdates=[change]
        )
    while not _is_settled(_describe(name)):
        time.sleep(POLL_SECONDS)


def _is_settled(description: Any) -> bool:
    indexes = description.get("GlobalSecondaryIndexes") or ()
    return description["TableStatus"] == "ACTIVE" and all(each["IndexStatus"] == "ACTIVE" for each in indexes)


def _definition(index: IndexSpec) -> dict[str, Any]:
    keys = [{"AttributeName": index.hash_key, "KeyType": "HASH"}]
    if index.range_key is not None:
        keys.append({"AttributeName": index.range_key, "KeyType": "RANGE"})
    projection: dict[str, Any] = {"ProjectionType": index.projection}
    if index.carries:
        projection["NonKeyAttributes"] = list(index.carries)
    return {"IndexName": index.name, "KeySchema": keys, "Projection": projection}
