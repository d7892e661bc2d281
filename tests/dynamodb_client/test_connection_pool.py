"""The socket pool keeps connections, notices dead ones and never mixes up replies."""

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
    connect([], ConnectionOptions("eu-west-1", url, "", read_timeout=0.5, max_attempts=2, **more))
    return client()


def get(lean: Any, key: str = "a") -> Any:
    return lean.get_item(TableName="t", Key={"id": {"S": key}})


def test_a_connection_is_used_again(server: FaultyServer) -> None:
    lean = to(server.url)
    for _ in range(5):
        get(lean)
    assert server.connections == 1


def test_a_connection_closed_while_idle_is_replaced_without_an_attempt(server: FaultyServer) -> None:
    lean = to(server.url)
    server.play(reply(keep=False))  # answers as if it would stay, then closes
    get(lean)
    time.sleep(0.05)
    assert get(lean)["ResponseMetadata"]["RetryAttempts"] == 0
    assert server.connections == 2


def test_a_connection_with_stray_bytes_is_not_used_again(server: FaultyServer) -> None:
    lean = to(server.url)
    good = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    server.play(raw(good + b"HTTP/1.1 200 OK", keep=True), reply(200, {"Item": {"id": {"S": "mine"}}}))
    assert "Item" not in get(lean)
    assert get(lean)["Item"] == {"id": {"S": "mine"}}
    assert server.connections == 2


def test_a_late_reply_is_never_taken_for_the_next_one(server: FaultyServer) -> None:
    lean = to(server.url)
    late = b'HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n{"Item": {"id": {"S": "old"}}}'
    server.play(raw(late, pause=0.7, keep=True), reply(200, {"Item": {"id": {"S": "new"}}}))
    answered = get(lean)
    assert answered["Item"] == {"id": {"S": "new"}}
    assert answered["ResponseMetadata"]["RetryAttempts"] == 1


def test_a_write_is_sent_as_often_as_botocore_decides(server: FaultyServer) -> None:
    lean = to(server.url)
    server.play(close)
    with pytest.raises(HTTPClientError):
        lean.transact_write_items(TransactItems=[])
    tokens = [json.loads(body)["ClientRequestToken"] for _, body in server.requests]
    assert len(tokens) == 2
    assert len(set(tokens)) == 1  # the second attempt is recognisable as the same transaction


def test_threads_get_their_own_replies(server: FaultyServer) -> None:
    lean = to(server.url, pool_size=4)

    def ask(number: int) -> bool:
        return bool(get(lean, str(number))["Item"]["id"]["S"] == str(number))

    server.script = [echo_key(server)]
    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(ask, range(400)))


def echo_key(server: FaultyServer) -> Any:
    def act(conn: socket.socket) -> bool:
        # Each connection's own thread has just noted its request; find it by the connection.
        return reply(200, {"Item": json.loads(server.latest[conn.fileno()])["Key"]})(conn)

    return act


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
