"""Both clients reach an engine behind a Unix socket, and say what botocore would where they cannot."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError

from dynamodb_client import ConnectionOptions
from dynamodb_client.shared_connection import SharedConnection
from local.engine import Engine
from tests.engines import embedded_only

Ask = Callable[[str], Any]


@pytest.fixture(params=[True, False], ids=["fast", "stock"])
def ask(request: pytest.FixtureRequest) -> Iterator[Ask]:
    """Return a function that lists the tables behind an endpoint."""
    opened: list[SharedConnection] = []

    def list_tables(endpoint: str) -> Any:
        options = ConnectionOptions(
            "eu-west-1", endpoint, "", fast_client=request.param, max_attempts=1, connect_timeout=0.2
        )
        opened.append(SharedConnection(options))
        return opened[-1].client.list_tables()

    yield list_tables
    for connection in opened:
        connection.close()


@embedded_only
def test_it_reaches_the_engine(ask: Ask, engine: Engine) -> None:
    assert engine.endpoint.startswith("unix:/")
    assert "TableNames" in ask(engine.endpoint)


def test_without_an_engine_it_cannot_connect(ask: Ask, tmp_path: Path) -> None:
    with pytest.raises(EndpointConnectionError):
        ask(f"unix:{tmp_path}/engine.sock")


def test_an_engine_that_hands_nothing_over_cannot_be_reached(ask: Ask, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "engine.sock"))
        listener.listen()
        with pytest.raises(ConnectTimeoutError):
            ask(f"unix:{tmp_path}/engine.sock")
