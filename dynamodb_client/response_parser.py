"""Reading responses of item operations with orjson, without botocore's walk along the service model.

The walk copies every value to find binary ones, the only ones whose JSON form differs; a response that
has some is left to botocore.

With either client, a response of 200 whose body is not a JSON object is retried like a broken connection and
then raised as MalformedResponseError. Botocore reads it as an empty one, which means "no such item".
"""

import json
from typing import Any

import orjson
from botocore.exceptions import BotoCoreError
from botocore.hooks import HierarchicalEmitter
from botocore.model import OperationModel

# Operations whose responses hold nothing but items, keys and capacity: no timestamps.
ITEM_OPERATIONS = (
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
# A code that botocore's standard mode retries as transient, whatever the status of the response.
_TRANSIENT = "RequestTimeout"
_MALFORMED = "MalformedResponse"


class MalformedResponseError(BotoCoreError):  # type: ignore[misc]  # botocore is untyped
    """A response said 200 but its body is not the JSON object it must be."""

    fmt = "DynamoDB answered {operation} with 200 and a body that is not a JSON object"


def install(events: HierarchicalEmitter, *, fast: bool) -> None:
    """Hook the check of responses, and where it is to be fast their parsing too, into a client's events."""
    for operation in ITEM_OPERATIONS:
        events.register(f"before-parse.dynamodb.{operation}", parse if fast else check)
        events.register(f"after-call.dynamodb.{operation}", raise_malformed)


def parse(
    operation_model: OperationModel,
    response_dict: dict[str, Any],
    customized_response_dict: dict[str, Any],
    **_: Any,
) -> None:
    """Parse a successful response in botocore's stead (before-parse event)."""
    body: bytes = response_dict["body"]
    document = check(response_dict, customized_response_dict)
    if document is None or b'"B"' in body or b'"BS"' in body:
        return
    members = operation_model.output_shape.members
    for name, value in document.items():
        if name in members and value is not None:
            customized_response_dict[name] = value
    response_dict["body"] = b""  # what is left for botocore's own parser: the metadata


def check(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any
) -> dict[str, Any] | None:
    """Return a successful response's JSON object; let a malformed one be retried (before-parse event)."""
    if response_dict["status_code"] != 200:
        return None
    document = _json_object(response_dict["body"])
    if document is None:
        customized_response_dict["Error"] = {"Code": _TRANSIENT, "Message": _MALFORMED}
        response_dict["body"] = b""
    return document


def raise_malformed(parsed: dict[str, Any], model: Any, **_: Any) -> None:
    """Raise MalformedResponseError when the last attempt's response was malformed (after-call event)."""
    if parsed.get("Error", {}).get("Message") == _MALFORMED:
        raise MalformedResponseError(operation=model.name)


def _json_object(body: bytes) -> dict[str, Any] | None:
    """Return the JSON object in a body, None when there is none."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        # The standard reader knows text that orjson refuses, such as lone surrogates.
        try:
            document = json.loads(body)
        except ValueError:
            return None
    return document if isinstance(document, dict) else None
