"""The running product: engine, web and worker as separate processes that a test can kill."""

import http.client
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO

from dynamodb_client import ConnectionOptions
from local.ports import is_port_free
from local.procfile import read_procfile
from local.server import dying_with_parent
from local.settings import ROOT
from tests.engines import new_engine
from tests.local.processes import children, is_running, wait_until, wait_until_gone
from tests.patience import PATIENCE

PASSWORD = "correct horse battery staple"


def beside_python(program: str) -> str:
    """Return the path of a program installed beside this Python, whatever PATH is."""
    return str(Path(sys.executable).with_name(program))


class Product:
    """The Procfile's processes on a folder of their own; each can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        """Start everything and wait until it answers."""
        self.port = next(_ports())
        self.engine = new_engine(folder / "data")
        self.commands = read_procfile(ROOT / "Procfile")
        self.environment = _environment(folder / "data", self.port, self.engine.endpoint)
        self.log = folder / "log"
        self._output: IO[bytes] = self.log.open("ab")
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._ready_count_before = 0
        self.engine.start()
        assert self.command("setup").returncode == 0
        self.start("web")
        self.start("worker")

    @property
    def options(self) -> ConnectionOptions:
        """Say how models reach the same tables."""
        return ConnectionOptions(region="eu-central-1", endpoint=self.engine.endpoint, prefix="kill-")

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of the product's commands against this data."""
        command = [beside_python("ledgerdesk"), *arguments]
        return subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def start(self, name: str) -> None:
        """Start one process; waits until it is ready, except for the worker, which nothing else needs."""
        if name == "engine":
            self.engine.start()
            return
        if name == "worker":
            self._ready_count_before = self._ready_count()
        program, *arguments = self.commands[name]
        command = [beside_python(program), *arguments]
        self._running[name] = subprocess.Popen(
            dying_with_parent(command),
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )
        if name == "web":
            self._wait_for(name, self.is_ready)

    def wait_for_worker(self) -> None:
        """Wait until the worker that was started last says that it is ready."""
        self._wait_for("worker", lambda: self._ready_count() > self._ready_count_before)

    def _wait_for(self, name: str, ready: Callable[[], bool]) -> None:
        wait_until(lambda: ready() or self._has_ended(name), PATIENCE)
        assert not self._has_ended(name), f"{name} did not start: {self.log.read_text()[-2000:]}"

    def _ready_count(self) -> int:
        return self.log.read_text().count("worker ready")

    def _has_ended(self, name: str) -> bool:
        return self._running[name].poll() is not None

    def is_ready(self) -> bool:
        """Tell whether web answers and reaches the engine."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def kill(self, name: str) -> list[int]:
        """Kill one process with all it started, the way a crash would; returns the process ids."""
        if name == "engine":
            pids = [self.engine.process.pid, *children(self.engine.process.pid)]
            self.engine.kill()
            return pids
        if name == "worker":
            self.wait_for_worker()  # or a kill would only ever meet one that is starting
        process = self._running.pop(name)
        assert process.poll() is None, f"{name} had ended by itself: {self.log.read_text()[-2000:]}"
        pids = [process.pid, *children(process.pid)]
        for pid in pids:
            if is_running(pid):
                os.kill(pid, 9)
        process.wait()
        wait_until_gone(*pids)
        return pids

    def detach(self, name: str) -> subprocess.Popen[bytes]:
        """Hand over a process, which the caller then ends."""
        return self._running.pop(name)

    def stop(self) -> None:
        """Stop what still runs, the engine last."""
        for name in list(self._running):
            process = self._running.pop(name)
            started = children(process.pid)
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for pid in filter(is_running, started):
                os.kill(pid, 9)
        self.engine.stop()
        self._output.close()


def _ports() -> Iterator[int]:
    """Yield free ports outside the ephemeral range, so that no connection takes one while a server is down."""
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    yield from filter(is_port_free, random.sample(range(10_000, lowest), 200))


def _environment(data: Path, port: int, endpoint: str) -> Mapping[str, str]:
    return os.environ | {
        "ENVIRONMENT": "development",
        "PORT": str(port),
        "DYNAMODB_ENDPOINT": endpoint,
        "DATA_DIR": str(data),
        "DEMO_PASSWORD": PASSWORD,
        "TABLE_PREFIX": "kill-",
        "PYTHONUNBUFFERED": "1",
        "TICKETS_PER_HOUR": "1000000",  # few people open many tickets here
    }
