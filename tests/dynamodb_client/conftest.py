"""Endpoints that misbehave, and an end to every connection a test has made."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.retries.standard import ExponentialBackoff

from dynamodb_client import disconnect
from tests.dynamodb_client.faulty_server import FaultyServer, reply


@pytest.fixture
def make_server() -> Iterator[Callable[[], FaultyServer]]:
    """Start faulty servers; they end with the test."""
    listeners = []

    def make() -> FaultyServer:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        return FaultyServer.start(listener, reply())

    yield make
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.fixture
def server(make_server: Callable[[], FaultyServer]) -> FaultyServer:
    return make_server()


@pytest.fixture
def _no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry at once: the number of attempts is what the tests look at."""

    def at_once(_backoff: Any, _context: Any) -> float:
        return 0

    monkeypatch.setattr(ExponentialBackoff, "delay_amount", at_once)


@pytest.fixture(autouse=True)
def _disconnected() -> Iterator[None]:
    yield
    disconnect()
