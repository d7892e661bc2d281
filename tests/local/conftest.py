"""A supervisor over small programs, started as the process it is in real life."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local.ports import free_port
from local.settings import ROOT
from tests.patience import PATIENCE

DRIVER = """
import os, signal, sys
from pathlib import Path
# Whoever started the tests in the background may have had these ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from local.console import Console
from local.procfile import read_procfile
from local.settings import Settings
from local import supervisor
from local.supervisor import Supervisor
supervisor.WORKER_GRACE_SECONDS = float(os.environ.get("GRACE", supervisor.WORKER_GRACE_SECONDS))
commands = read_procfile(Path(sys.argv[1]))
sys.exit(Supervisor(Settings.from_env(), commands, environment=os.environ, console=Console()).run())
"""

# Each program notes when it is asked to end and when it has, so that a test can read the order.
PROGRAM = """
import http.server, os, signal, sys, threading, time
from pathlib import Path
name, journal = sys.argv[1], Path(sys.argv[2])
def note(what):
    with journal.open("a") as file:
        file.write(f"{name} {what}\\n")
def end(*_):
    note("asked")
    time.sleep(0.2)
    note("ended")
    os._exit(0)
class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
signal.signal(signal.SIGTERM, end)
note(f"pid {os.getpid()}")
if name == "web":
    address = ("127.0.0.1", int(os.environ["PORT"]))
    server = http.server.ThreadingHTTPServer(address, Healthy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
print(name + " ready", flush=True)
while True:
    time.sleep(60)
"""


class Run:
    """A supervisor in a process of its own, with everything it wrote."""

    def __init__(self, folder: Path, procfile: str, environment: dict[str, str]) -> None:
        """Start a supervisor over a Procfile."""
        (folder / "Procfile").write_text(procfile)
        self.journal = folder / "journal"
        self.port = int(environment["PORT"])
        self._written = folder / "output"
        with self._written.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", DRIVER, str(folder / "Procfile")],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        """Return everything written so far."""
        return self._written.read_text()

    def wait_for(self, words: str, seconds: float = PATIENCE) -> None:
        """Wait until the supervisor has written words."""
        deadline = time.monotonic() + seconds
        while words not in self.output:
            assert time.monotonic() < deadline, f"no {words!r} in:\n{self.output}"
            assert self.process.poll() is None or words in self.output, (
                f"ended without {words!r}:\n{self.output}"
            )
            time.sleep(0.02)

    def notes(self, name: str) -> list[str]:
        """Return what one of the programs noted, in order."""
        lines = self.journal.read_text().splitlines()
        return [line.removeprefix(f"{name} ") for line in lines if line.startswith(f"{name} ")]

    def pid_of(self, name: str) -> int:
        """Return the process id one of the programs noted last."""
        return int(next(note for note in reversed(self.notes(name)) if note.startswith("pid ")).split()[1])

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@pytest.fixture
def start_run(tmp_path):
    """Return a function that starts a supervisor; what it left running ends with the test."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    runs: list[Run] = []

    def line(name: str) -> str:
        return f"{name}: python {program} {name} {tmp_path / 'journal'}\n"

    def start(**settings: str) -> Run:
        procfile = settings.pop("procfile", "release: true\n" + line("web") + line("worker"))
        environment = {
            **os.environ,
            "PORT": str(free_port()),
            "DATA_DIR": str(tmp_path / "data"),
            "DEMO_PASSWORD": "a password for tests",
            **settings,
        }
        environment.pop("DYNAMODB_ENDPOINT", None)
        runs.append(Run(tmp_path, procfile, environment))
        return runs[-1]

    yield start
    for run in runs:
        run.end()
