"""With an endpoint that fails in every way we know, the fast client does what PynamoDB's own does."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError
from pynamodb.connection import Connection
from pynamodb.connection.base import MetaTable
from pynamodb.exceptions import PynamoDBException
from pynamodb.expressions.operand import Path

from dynamodb_client import ConnectionOptions, MalformedResponseError
from dynamodb_client.shared_connection import SharedConnection
from tests.dynamodb_client.faulty_server import FaultyServer, Responder, close, raw, reply, reset, silence

pytestmark = pytest.mark.usefixtures("_no_backoff")

ITEM = {"Item": {"id": {"S": "a"}, "n": {"N": "1"}}}
PATIENCE = 0.8  # seconds until a read times out
TRIES = 3  # a machine that stands still for as long makes either client take the server for slow
KIND = "com.amazonaws.dynamodb.v20120810#"


def error(kind: str, message: str = "why", **more: Any) -> dict[str, Any]:
    return {"__type": KIND + kind, "message": message, **more}


CANCELLED = error(
    "TransactionCanceledException",
    CancellationReasons=[
        {"Code": "None"},
        {
            "Code": "ConditionalCheckFailed",
            "Message": "failed",
            "Item": {"id": {"S": "a"}, "b": {"B": "aGk="}},
        },
    ],
)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

CASES = {
    "fine": [reply(200, ITEM)],
    "no such item": [reply(200, {})],
    "binary values": [reply(200, {"Item": {"id": {"S": "a"}, "b": {"B": "aGk="}, "s": {"BS": ["aGk="]}}})],
    "nested binary value": [reply(200, {"Item": {"m": {"M": {"l": {"L": [{"B": "aGk="}, {"S": "B"}]}}}}})],
    "nulls": [reply(200, {"Item": None, "Items": [], "LastEvaluatedKey": None})],
    "500 then fine": [reply(500, error("InternalServerError")), reply(200, ITEM)],
    "500 for good": [reply(500, error("InternalServerError"))],
    "500 without a body": [reply(500, b"")],
    "500 cut short": [reply(500, error("InternalServerError"), cut=10)],
    "502 from a proxy": [reply(502, b"<html><body>Bad gateway</body></html>")],
    "503 as text": [reply(503, b"try later")],
    "throttled then fine": [reply(400, error("ProvisionedThroughputExceededException")), reply(200, ITEM)],
    "throttled for good": [reply(400, error("ThrottlingException"))],
    "request limit": [reply(400, error("RequestLimitExceeded"))],
    "condition failed": [reply(400, error("ConditionalCheckFailedException"))],
    "condition failed with item": [
        reply(400, error("ConditionalCheckFailedException", Item={"id": {"S": "a"}, "b": {"B": "aGk="}}))
    ],
    "validation": [reply(400, error("ValidationException"))],
    "no such table": [reply(400, error("ResourceNotFoundException"))],
    "transaction cancelled": [reply(400, CANCELLED)],
    "transaction in progress": [reply(400, error("TransactionInProgressException"))],
    "access denied": [reply(403, error("AccessDeniedException"))],
    "unknown error": [reply(400, error("SomethingNewException"))],
    "400 not JSON": [reply(400, b"what?")],
    "400 cut short": [reply(400, error("ValidationException"), cut=10)],
    "413 early": [reply(413, b"", keep=False)],
    "redirect": [reply(301, b"", headers={"location": "http://127.0.0.1:1/"})],
    "wrong checksum then fine": [reply(200, ITEM, crc=1), reply(200, ITEM)],
    "wrong checksum for good": [reply(200, ITEM, crc=1)],
    "closed before the reply": [close, reply(200, ITEM)],
    "closed for good": [close],
    "reset before the reply": [reset(), reply(200, ITEM)],
    "reset for good": [reset()],
    "reset within the head": [reset(HEAD)],
    "reset within the body": [reset(HEAD + b"\r\n{"), reply(200, ITEM)],
    "not HTTP": [raw(b"SSH-2.0-OpenSSH_9\r\n\r\n")],
    "bad status": [raw(b"HTTP/1.1 2xx OK\r\n\r\n")],
    "silent": [silence(2 * PATIENCE), reply(200, ITEM)],
    "silent for good": [silence(2 * PATIENCE)],
    "slow within the body": [raw(HEAD + b"\r\n{}", pause=PATIENCE / 4)],
    "too slow within the body": [raw(HEAD + b"\r\n{}", pause=2 * PATIENCE), reply(200, ITEM)],
    "chunked": [raw(CHUNKED + b"1;x=y\r\n{\r\n1\r\n}\r\n0\r\nt: v\r\n\r\n")],
    "chunk cut short": [raw(CHUNKED + b"9\r\n{"), reply(200, ITEM)],
    "bad chunk": [raw(CHUNKED + b"zz\r\n"), reply(200, ITEM)],
    "no length": [raw(b"HTTP/1.0 200 OK\r\n\r\n{}")],
    "continue first": [raw(b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"\r\n{}", keep=True)],
    "connection: close": [reply(200, ITEM, headers={"connection": "close"}, keep=False)],
}  # fmt: skip

# What PynamoDB takes for an empty response: "no such item", or a write that succeeded.
MALFORMED = {
    "empty": reply(200, b""),
    "cut short": reply(200, ITEM, cut=20),
    "cut short, with a checksum": reply(200, json.dumps(ITEM).encode()[:20], crc=1),
    "not JSON": reply(200, b"<html>sign in</html>"),
    "not UTF-8": reply(200, b'{"Item": "\xff"}'),
    "not an object": reply(200, b"[]"),
    "null": reply(200, b"null"),
    "closed within the head": raw(HEAD),
}

Call = Callable[[Connection], Any]
CALLS: dict[str, Call] = {
    "get": lambda c: c.get_item("t", "a"),
    "put": lambda c: c.put_item(
        "t", "a", attributes={"n": {"N": "1"}}, condition=Path("id").does_not_exist()
    ),
    "query": lambda c: c.query("t", "a"),
    "transact": lambda c: c.transact_write_items([], [], [c.get_operation_kwargs("t", "a", key="Item")], []),
}


def add_table(connection: Connection) -> Connection:
    connection.add_meta_table(
        MetaTable(
            {
                "TableName": "t",
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            }
        )
    )
    return connection


def pynamodb(url: str) -> Connection:
    return add_table(
        Connection(
            region="eu-west-1",
            host=url,
            connect_timeout_seconds=PATIENCE,
            read_timeout_seconds=PATIENCE,
            max_retry_attempts=2,
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
    )


def shared(url: str, *, fast: bool = True) -> Connection:
    options = ConnectionOptions("eu-west-1", url, "", read_timeout=PATIENCE, max_attempts=3, fast_client=fast)
    return add_table(SharedConnection(options))


def outcome(call: Call, connection: Connection, server: FaultyServer) -> tuple[Any, ...]:
    """Say what came of a call, in terms that do not depend on which server it was."""
    try:
        result = call(connection)
    except PynamoDBException as raised:
        cause: Any = raised.cause
        root = cause.__cause__ if hasattr(cause, "cancellation_reasons") else None
        message = str(raised).replace(str(server.port), "PORT").split("error: ")[0]
        # By name: botocore creates the error classes of a service for every client separately.
        kinds = [kind.__name__ for error in (raised, cause, root) for kind in type(error).__mro__]
        reasons = [vars(r) if r else None for r in getattr(raised, "cancellation_reasons", None) or ()]
        return (kinds, message, reasons, getattr(root, "response", None), len(server.requests))
    return result, len(server.requests)


def outcomes(
    make: Callable[[str], Connection], server: FaultyServer, responders: list[Responder]
) -> dict[str, Any]:
    """Say what comes of every kind of call, each over a connection that has just been used."""
    connection, results = make(server.url), {}
    for name, call in CALLS.items():
        server.respond_with(reply(200, {}))
        connection.get_item("t", "warm")
        server.respond_with(*responders)
        results[name] = outcome(call, connection, server)
    connection.client.close()
    return results


@pytest.mark.parametrize("case", CASES)
def test_behaves_as_pynamodb(case: str, make_server: Callable[[], FaultyServer]) -> None:
    for _ in range(TRIES):
        with ThreadPoolExecutor(2) as side_by_side:
            expected = side_by_side.submit(outcomes, pynamodb, make_server(), list(CASES[case]))
            actual = side_by_side.submit(outcomes, shared, make_server(), list(CASES[case]))
        if actual.result() == expected.result():
            return
    assert actual.result() == expected.result()


both_clients = pytest.mark.parametrize("fast", [True, False], ids=["fast", "stock"])


@both_clients
@pytest.mark.parametrize("call", CALLS)
def test_a_conflict_with_a_transaction_is_retried_then_raised(
    call: str, fast: bool, server: FaultyServer
) -> None:
    """PynamoDB raises at once, although nothing was written."""
    connection, conflict = shared(server.url, fast=fast), reply(400, error("TransactionConflictException"))
    server.respond_with(conflict, conflict, reply(200, {}))
    assert CALLS[call](connection)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert len(server.requests) == 3
    server.respond_with(conflict)
    with pytest.raises(PynamoDBException):
        CALLS[call](connection)
    assert len(server.requests) == 3


@both_clients
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_response_is_retried_then_raised(
    case: str, call: str, fast: bool, server: FaultyServer
) -> None:
    connection = shared(server.url, fast=fast)
    server.respond_with(MALFORMED[case], reply(200, {}))
    assert CALLS[call](connection)["ResponseMetadata"]["RetryAttempts"] == 1
    server.respond_with(MALFORMED[case])
    with pytest.raises(PynamoDBException) as raised:
        CALLS[call](connection)
    assert isinstance(raised.value.cause, MalformedResponseError | ConnectionClosedError)
    assert len(server.requests) == 3
