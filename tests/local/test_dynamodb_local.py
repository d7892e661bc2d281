"""DynamoDB Local as a process: reachable from this machine alone, empty at each start, gone after its end."""

import socket
from pathlib import Path

import pytest

import models
from dynamodb_client import ConnectionOptions, disconnect
from local import dynamodb_local
from local.dynamodb_local import DynamoDBLocal
from local.ports import is_port_free
from local.server import EngineError
from tests.engines import CHOSEN, DYNAMODB_LOCAL
from tests.local.processes import is_running

installed = pytest.mark.skipif(CHOSEN != DYNAMODB_LOCAL, reason="make test-engines fetches DynamoDB Local")


def test_where_it_is_not_installed_one_line_says_what_to_run(tmp_path, monkeypatch):
    monkeypatch.setattr(dynamodb_local, "FOLDER", tmp_path)
    with pytest.raises(EngineError, match="DynamoDB Local is not installed: run make test-engines"):
        DynamoDBLocal().start()


@installed
@pytest.mark.engine
def test_it_begins_empty_and_leaves_nothing_behind():
    server = DynamoDBLocal()
    with server:
        assert server.process.poll() is None
        models.connect(ConnectionOptions("eu-central-1", server.endpoint, "again-"))
        assert len(models.create_tables()) == len(models.TABLES)
        pid = server.process.pid
    assert not is_running(pid)
    assert is_port_free(server.port)
    with server:
        assert len(models.create_tables()) == len(models.TABLES)
    disconnect()


@installed
@pytest.mark.engine
def test_it_listens_on_loopback_alone():
    with DynamoDBLocal() as server:
        with pytest.raises(EngineError, match="runs already"):
            server.start()
        assert listening(server.port) == {"127.0.0.1"}


@installed
@pytest.mark.engine
def test_a_port_in_use_ends_it_at_once():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = DynamoDBLocal(taken.getsockname()[1])
        with pytest.raises(EngineError, match=f"port {server.port} is already in use"):
            server.start()


def listening(port: int) -> set[str]:
    """Return the addresses on which something listens on a port."""
    addresses = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            address, _, number = local.partition(":")
            if state == "0A" and int(number, 16) == port:
                addresses.add(socket.inet_ntoa(bytes.fromhex(address)[-4:][::-1]))
    return addresses
