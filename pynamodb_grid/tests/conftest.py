"""Backends for the tests: moto in memory, and the embedded engine or, by TEST_ENGINE, DynamoDB Local."""

import itertools
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from botocore.loaders import JSONFileLoader, Loader
from moto import mock_aws

from pynamodb_grid.admin import ModelSource
from pynamodb_grid.tests.admin_app import derive
from pynamodb_grid.tests.depth import choose_profile
from pynamodb_grid.tests.support import listing, ticket_model

ENGINE = Path(__file__).parents[2] / "node_modules" / "@dynoxide" / "linux-x64" / "dynoxide"
DYNAMODB_LOCAL = Path(__file__).parents[2] / "var" / "dynamodb-local"
_numbers = itertools.count(1)
choose_profile()


class ReadOnce(JSONFileLoader):  # type: ignore[misc]
    """Reads each of botocore's descriptions of AWS once, where a new client would read them again."""

    known: ClassVar[dict[str, Any]] = {}

    def load_file(self, file_path: str) -> Any:
        """Return a file's content, None when there is no such file."""
        if file_path not in self.known:
            self.known[file_path] = super().load_file(file_path)
        return self.known[file_path]


@pytest.fixture(scope="session", autouse=True)
def clients_made_quickly() -> Iterator[None]:
    """Give every test clients of its own without reading a megabyte for each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Loader, "FILE_LOADER_CLASS", ReadOnce)
        yield


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(3000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.02)
    pytest.fail("the engine did not start")


def _command(port: int, folder: Path) -> list[str | Path]:
    if os.environ.get("TEST_ENGINE") == "dynamodb-local":
        native = f"-Dsqlite4java.library.path={DYNAMODB_LOCAL / 'lib'}"
        classes = f"{DYNAMODB_LOCAL / 'classes'}:{DYNAMODB_LOCAL / 'lib'}/*"
        return ["java", native, "-cp", classes, "LoopbackServer", str(port)]
    if not ENGINE.exists():
        pytest.skip("the embedded engine is not installed: npm ci")
    return [ENGINE, "serve", "--host", "127.0.0.1", "--port", str(port), "--db-path", folder / "grid.db"]


@pytest.fixture(scope="session")
def engine_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Runs an engine on a free port with a database of its own."""
    port = _free_port()
    process = subprocess.Popen(  # noqa: S603  (the paths are ours)
        _command(port, tmp_path_factory.mktemp("engine")),
        env={**os.environ, "DDB_LOCAL_TELEMETRY": "false"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Replaces AWS by moto."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield


@pytest.fixture(params=["moto", pytest.param("engine", marks=pytest.mark.engine)])
def ticket_table(request: pytest.FixtureRequest) -> type[Any]:
    """Makes an empty ticket table, on moto and on an engine."""
    host = None
    if request.param == "engine":
        host = request.getfixturevalue("engine_host")
    else:
        request.getfixturevalue("aws")
    return ticket_model(f"tickets-{next(_numbers)}", host)


@pytest.fixture
def engine_table(engine_host: str) -> type[Any]:
    """Makes an empty ticket table on an engine."""
    return ticket_model(f"tickets-{next(_numbers)}", engine_host)


@pytest.fixture(scope="session")
def new_table(engine_host: str) -> Callable[[], type[Any]]:
    """Gives a function that empties one table of an engine and hands it out, for property tests.

    A table per example would cost a botocore client each.
    """
    model = ticket_model(f"tickets-{next(_numbers)}", engine_host)

    def emptied() -> type[Any]:
        with model.batch_write() as batch:
            for row in model.scan(attributes_to_get=["ticket_id"]):
                batch.delete(row)
        return model

    return emptied


@pytest.fixture
def moto_table(aws: None) -> type[Any]:
    """Makes an empty ticket table on moto."""
    return ticket_model(f"tickets-{next(_numbers)}", None)


@pytest.fixture
def source(moto_table: type[Any]) -> ModelSource:
    """Give the admin's way to read and write rows, in memory."""
    return ModelSource(moto_table, listing(moto_table), derive=derive)
