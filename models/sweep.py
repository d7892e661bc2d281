"""Reads whole tables and replaces texts in place; only for erasing a person.

Items are read raw, so that tables, attributes and kinds of items that nobody thought of are included.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from botocore.exceptions import ClientError

from dynamodb_client import Json, LeanModel, client, connection
from models.store_errors import translated

Raw = dict[str, Any]
Start = Raw | None


@dataclass(frozen=True)
class Stored:
    """One item as stored: its `key` and the `texts` of its other attributes, with JSON parsed."""

    table: type[LeanModel]
    key: Raw
    texts: Mapping[str, Any]
    raw: Raw

    def get(self, name: str) -> Any:
        """Return one text, of the key too; None when there is none."""
        return self.texts.get(name, self.raw.get(name, {}).get("S"))


def page(table: type[LeanModel], start: Start, limit: int) -> tuple[list[Stored], Start]:
    """Read the next items of a table, and where to continue; None at its end."""
    request: dict[str, Any] = {"TableName": table.Meta.table_name, "Limit": limit, "ConsistentRead": True}
    if start is not None:
        request["ExclusiveStartKey"] = start
    with translated():
        answer = client().scan(**request)
    keys = _key_names(table)
    is_json = {a.attr_name for a in table.get_attributes().values() if isinstance(a, Json)}
    items = [_stored(table, raw, keys, is_json) for raw in answer["Items"]]
    return items, answer.get("LastEvaluatedKey")


def rewrite(item: Stored, texts: Mapping[str, Any]) -> bool:
    """Replace texts of an item; False if somebody else wrote to it since, and it must be read again."""
    is_json = {a.attr_name for a in item.table.get_attributes().values() if isinstance(a, Json)}
    names = {f"#n{at}": name for at, name in enumerate(texts)}
    old = {f":o{at}": item.raw[name] for at, name in enumerate(texts)}
    new = {
        f":v{at}": {"S": _written(value, name in is_json)} for at, (name, value) in enumerate(texts.items())
    }
    return _conditionally(
        client().update_item,
        TableName=item.table.Meta.table_name,
        Key=item.key,
        UpdateExpression="SET " + ", ".join(f"#n{at} = :v{at}" for at in range(len(texts))),
        ConditionExpression=" AND ".join(f"#n{at} = :o{at}" for at in range(len(texts))),
        ExpressionAttributeNames=names,
        ExpressionAttributeValues={**old, **new},
    )


def remove(item: Stored) -> None:
    """Delete an item; one that is gone is fine."""
    with translated():
        client().delete_item(TableName=item.table.Meta.table_name, Key=item.key)


def _conditionally(call: Any, **request: Any) -> bool:
    with translated():
        try:
            call(**request)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
    return True


def _key_names(table: type[LeanModel]) -> list[str]:
    meta = connection().get_meta_table(table.Meta.table_name)
    return [name for name in (meta.hash_keyname, meta.range_keyname) if name]


def _stored(table: type[LeanModel], raw: Raw, keys: list[str], is_json: set[str]) -> Stored:
    words = {name: value["S"] for name, value in raw.items() if "S" in value and name not in keys}
    texts = {name: _read(word) if name in is_json else word for name, word in words.items()}
    return Stored(table, {name: raw[name] for name in keys}, texts, raw)


def _read(word: str) -> Any:
    try:
        return orjson.loads(word)
    except orjson.JSONDecodeError:
        return word


def _written(value: Any, as_json: bool) -> str:
    return orjson.dumps(value).decode() if as_json else value
