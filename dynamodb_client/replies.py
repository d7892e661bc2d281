"""Reading item replies with orjson, without botocore's walk along the service model.

The walk copies every value to find binary ones, the only ones whose JSON form differs; a reply that
has some is left to botocore. One thing is stricter than stock: a reply of 200 whose body is no JSON
object would become an empty reply there, which reads as "no such item". Here it is retried like a
broken connection and then raised as MalformedReplyError.
"""

import json
from typing import Any

import orjson
from botocore.exceptions import BotoCoreError
from botocore.hooks import HierarchicalEmitter
from botocore.model import OperationModel

# Operations whose replies hold nothing but items, keys and capacity: no timestamps.
_ITEM_OPERATIONS = (
    "BatchGetItem",
    "BatchWriteItem",
    "DeleteItem",
    "GetItem",
    "PutItem",
    "Query",
    "Scan",
    "TransactGetItems",
    "TransactWriteItems",
    "UpdateItem",
)
# A code that botocore's standard mode retries as transient, whatever the status of the reply.
_TRANSIENT = "RequestTimeout"
_MALFORMED = "MalformedReply"


class MalformedReplyError(BotoCoreError):  # type: ignore[misc]  # botocore is untyped
    """A reply said 200 but its body is not the JSON object it must be."""

    fmt = "DynamoDB answered {operation} with 200 and a body that is not a JSON object"


def install(events: HierarchicalEmitter) -> None:
    """Hook the reading of item replies into a client's events."""
    for operation in _ITEM_OPERATIONS:
        events.register(f"before-parse.dynamodb.{operation}", read)
        events.register(f"after-call.dynamodb.{operation}", check)


def read(
    operation_model: OperationModel,
    response_dict: dict[str, Any],
    customized_response_dict: dict[str, Any],
    **_: Any,
) -> None:
    """Parse a successful reply in botocore's stead (before-parse event)."""
    if response_dict["status_code"] != 200:
        return
    body: bytes = response_dict["body"]
    parsed = _parse(body)
    if parsed is None:
        customized_response_dict["Error"] = {"Code": _TRANSIENT, "Message": _MALFORMED}
    elif b'"B"' in body or b'"BS"' in body:
        return
    else:
        known = operation_model.output_shape.members
        for name, value in parsed.items():
            if name in known and value is not None:
                customized_response_dict[name] = value
    response_dict["body"] = b""  # what is left for botocore's own parser: the metadata


def check(parsed: dict[str, Any], model: Any, **_: Any) -> None:
    """Raise MalformedReplyError when the last attempt's reply was malformed (after-call event)."""
    if parsed.get("Error", {}).get("Message") == _MALFORMED:
        raise MalformedReplyError(operation=model.name)


def _parse(body: bytes) -> dict[str, Any] | None:
    """Return the JSON object in a body, None when it is none."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        # The standard reader knows text that orjson refuses, such as lone surrogates.
        try:
            parsed = json.loads(body)
        except ValueError:
            return None
    return parsed if isinstance(parsed, dict) else None
