"""The product itself under `python -m local`: ready soon, data kept over a restart, stopped in order."""

import http.client
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local.ports import free_port
from local.settings import ROOT
from tests.engines import embedded_only
from tests.patience import PATIENCE

pytestmark = [pytest.mark.engine, embedded_only]

READY_CPU_SECONDS = 20.0  # to start and to stop; a busy machine adds little to it, unlike to the time


class Product:
    """One start of the product."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        """Start it and wait until it says that it is ready."""
        self.written = folder / "output"
        deadline = time.monotonic() + PATIENCE
        with self.written.open("wb") as output:
            command = [sys.executable, "-m", "local"]
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
            )
        while "ready at" not in self.written.read_text():
            assert self.process.poll() is None, self.written.read_text()
            assert time.monotonic() < deadline, self.written.read_text()
            time.sleep(0.02)

    def stop(self) -> str:
        """Stop it and return all that it wrote."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE) == 0
        return self.written.read_text()


@pytest.fixture
def environment(tmp_path):
    """Return settings for a product of the test's own."""
    return {
        **os.environ,
        "PORT": str(free_port()),
        "DATA_DIR": str(tmp_path / "data"),
        "DEMO_PASSWORD": "correct horse battery staple",
    }


def cpu_seconds() -> float:
    """Return the CPU time of all processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def status_of(port: int, path: str, host: str = "127.0.0.1") -> int:
    """Ask a running product for a page."""
    connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.takes(10)
def test_once_set_up_it_is_ready_soon_and_has_kept_its_data(tmp_path, environment):
    data = tmp_path / "data"
    data.mkdir(0o755)  # as an earlier release made it
    (data / "mail").mkdir(0o755)
    first = Product(tmp_path, environment)
    assert status_of(int(environment["PORT"]), "/login") == 200
    written = first.stop()
    assert "created table ledgerdesk-tickets" in written
    paths = [data, *data.rglob("*")]
    assert len(paths) > 5
    assert [path for path in paths if path.lstat().st_mode & 0o077] == [], "others may read it"
    assert written.index("web stopped") < written.index("worker stopped") < written.index("engine stopped")

    spent = cpu_seconds()
    again = Product(tmp_path, environment | {"HOST": "127.0.0.2"})
    assert f"ready at http://127.0.0.2:{environment['PORT']}/" in again.written.read_text()
    assert status_of(int(environment["PORT"]), "/readyz", "127.0.0.2") == 200
    written = again.stop()
    assert "created" not in written
    assert "Traceback" not in written
    assert cpu_seconds() - spent < READY_CPU_SECONDS


def test_connections_that_say_nothing_delay_nobody(live_server):
    host, port = live_server.url.removeprefix("http://").split(":")
    silent = [socket.create_connection((host, int(port))) for _ in range(100)]
    try:
        assert status_of(int(port), "/healthz") == 200
        for connection in silent:  # the answer came while they were still open
            connection.setblocking(False)
            with pytest.raises(BlockingIOError):
                connection.recv(1)
    finally:
        for connection in silent:
            connection.close()
