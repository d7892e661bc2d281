"""The connection pool keeps connections, notices dead ones and never mixes up responses."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, HTTPClientError

from dynamodb_client import ConnectionOptions, client, connect
from tests.dynamodb_client.faulty_server import FaultyServer, close, raw, reply

pytestmark = pytest.mark.usefixtures("_no_backoff")


def to(url: str, **more: Any) -> Any:
    options = ConnectionOptions(
        "eu-west-1", url, "", read_timeout=1, max_attempts=2, fast_client=True, **more
    )
    connect([], options)
    return client()


def get(fast: Any, key: str = "a") -> Any:
    return fast.get_item(TableName="t", Key={"id": {"S": key}})


def test_a_connection_is_used_again(server: FaultyServer) -> None:
    fast = to(server.url)
    for _ in range(5):
        get(fast)
    assert server.connections == 1


def test_a_connection_closed_while_idle_is_replaced_without_an_attempt(server: FaultyServer) -> None:
    fast = to(server.url)
    server.respond_with(reply(keep=False))  # does not announce that it closes
    get(fast)
    time.sleep(0.05)
    assert get(fast)["ResponseMetadata"]["RetryAttempts"] == 0
    assert server.connections == 2


def test_a_connection_with_stray_bytes_is_not_used_again(server: FaultyServer) -> None:
    fast = to(server.url)
    good = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    server.respond_with(
        raw(good + b"HTTP/1.1 200 OK", keep=True), reply(200, {"Item": {"id": {"S": "mine"}}})
    )
    assert "Item" not in get(fast)
    assert get(fast)["Item"] == {"id": {"S": "mine"}}
    assert server.connections == 2


def test_a_late_reply_is_never_taken_for_the_next_one(server: FaultyServer) -> None:
    fast = to(server.url)
    late = b'HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n{"Item": {"id": {"S": "old"}}}'
    server.respond_with(raw(late, pause=1.4, keep=True), reply(200, {"Item": {"id": {"S": "new"}}}))
    answered = get(fast)
    assert answered["Item"] == {"id": {"S": "new"}}
    assert answered["ResponseMetadata"]["RetryAttempts"] == 1


def test_a_write_is_sent_as_often_as_botocore_decides(server: FaultyServer) -> None:
    fast = to(server.url)
    server.respond_with(close)
    with pytest.raises(HTTPClientError):
        fast.transact_write_items(TransactItems=[])
    tokens = [json.loads(body)["ClientRequestToken"] for _, body in server.requests]
    assert len(tokens) == 2
    assert len(set(tokens)) == 1  # the second attempt is recognisable as the same transaction


def test_threads_get_their_own_replies(server: FaultyServer) -> None:
    fast = to(server.url, pool_size=4)

    def ask(number: int) -> bool:
        return bool(get(fast, str(number))["Item"]["id"]["S"] == str(number))

    server.script = [echo_key(server)]
    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(ask, range(400)))


def echo_key(server: FaultyServer) -> Any:
    def respond(conn: socket.socket) -> bool:
        # Each connection's own thread has just noted its request; find it by the connection.
        return reply(200, {"Item": json.loads(server.latest[conn.fileno()])["Key"]})(conn)

    return respond


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(EndpointConnectionError):
        get(to(f"http://127.0.0.1:{port}"))


def test_a_name_that_does_not_resolve() -> None:
    with pytest.raises(EndpointConnectionError):
        get(to("http://no-such-host.invalid:8000"))


def test_an_address_of_version_6() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 here")
    server = FaultyServer.start(listener, reply())
    get(to(f"http://[::1]:{server.port}"))
    assert server.requests[0][0]["host"] == f"[::1]:{server.port}"
    listener.close()
