"""The way to DynamoDB: one lean botocore client per process, shared by every table.

What differs from stock PynamoDB, each in its file: one client for all models (shared), replies read
with orjson (replies), signatures with a cached key (signing), own sockets for plain HTTP (sockets) and
a compiled reader per model (lean_model). What a caller sees, errors and retries included, is what the
stock client does; the two exceptions are named in replies and conflicts.
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
    warm,
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
    "warm",
]
