"""The way to DynamoDB: one botocore client per process, fast or stock, shared by every table.

README.md says what the fast client replaces, what that gains and what it risks.
"""

from dynamodb_client.attributes import Instant, Json
from dynamodb_client.capacity import Meter, consumed
from dynamodb_client.lean_model import LeanModel, NotConnectedError, serialize
from dynamodb_client.options import ConnectionOptions
from dynamodb_client.response_parser import MalformedResponseError
from dynamodb_client.shared_connection import (
    bare_name,
    client,
    connect,
    connection,
    disconnect,
    preload,
)

__all__ = [
    "ConnectionOptions",
    "Instant",
    "Json",
    "LeanModel",
    "MalformedResponseError",
    "Meter",
    "NotConnectedError",
    "bare_name",
    "client",
    "connect",
    "connection",
    "consumed",
    "disconnect",
    "preload",
    "serialize",
]
