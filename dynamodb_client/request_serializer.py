"""Writing requests with orjson, without botocore's walk along the service model.

The walk copies every value to encode binary ones as base64; orjson refuses those, and such a request
is left to botocore. Names are not checked against the model: the endpoint answers unknown ones with a
ValidationException, where botocore fails with a KeyError.
"""

from typing import Any

import orjson
from botocore.client import BaseClient
from botocore.model import OperationModel
from botocore.serialize import Serializer

_STRICT = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS


def install(client: BaseClient) -> None:
    """Put the serializer in front of a client's own."""
    client._serializer = RequestSerializer(client._serializer)


class RequestSerializer:
    """A botocore serializer for DynamoDB's JSON protocol that falls back to another."""

    def __init__(self, stock: Serializer) -> None:
        self._stock = stock

    def serialize_to_request(
        self, parameters: dict[str, Any], operation_model: OperationModel
    ) -> dict[str, Any]:
        """Turn an operation's parameters into the request that botocore signs and sends."""
        try:
            body = orjson.dumps(parameters, option=_STRICT)
        except orjson.JSONEncodeError:
            request: dict[str, Any] = self._stock.serialize_to_request(parameters, operation_model)
            return request
        return {
            "url_path": "/",
            "query_string": "",
            "method": "POST",
            "headers": {
                "X-Amz-Target": f"DynamoDB_20120810.{operation_model.name}",
                "Content-Type": "application/x-amz-json-1.0",
            },
            "body": body,
        }
