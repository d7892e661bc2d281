"""`make run`: engine, set-up, web and worker started in order, watched, and stopped in order."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import NoReturn

from local.child_process import Child
from local.console import Console
from local.demo_password import keep_demo_password
from local.engine import Engine
from local.ports import is_port_free
from local.server import EngineError
from local.settings import ROOT, Settings
from portal.web.probe import is_alive

WORKER_READY_WORDS = "worker ready"
DEMO_ROLES = ("customer", "agent", "manager", "administrator")
READY_SECONDS = 90.0
# Above gunicorn's own graceful timeout: a request in flight is finished before anything is killed.
WEB_GRACE_SECONDS = 35.0
WORKER_GRACE_SECONDS = 30.0
_POLL_SECONDS = 0.05


class RunError(Exception):
    """The run cannot start or go on; the message says why in a line, output of a child below it."""


class _StopRequested(Exception):
    """Somebody asked for the end (TERM, Ctrl-C, a closed terminal) while something was waited for."""


class Supervisor:
    """Runs the Procfile's processes on one machine, the embedded engine first and last."""

    def __init__(
        self,
        settings: Settings,
        commands: Mapping[str, list[str]],
        *,
        environment: Mapping[str, str],
        console: Console,
    ) -> None:
        """Prepare a run of commands (the Procfile) with the settings; nothing starts before run()."""
        self._settings = settings
        self._commands = commands
        self._console = console
        self._environment = _with_own_tools_first(environment)
        self._engine = Engine(settings.data_dir, subprocess.PIPE) if settings.embedded_engine else None
        self._children: dict[str, Child] = {}
        self._stop_requested = False
        self._interrupts = 0

    def run(self) -> int:
        """Run until asked to stop or until a process ends by itself; return the exit code, 0 when asked."""
        self._listen_for_signals()
        try:
            self._check_what_is_needed()
            self._start_engine()
            self._set_up()
            self._start_child("web")
            self._start_child("worker", WORKER_READY_WORDS)
            self._wait_until_ready()
            self._announce()
            self._watch()
        except _StopRequested:
            self._console.say("stopping")
            return 0
        except (EngineError, RunError) as error:
            self._console.complain(str(error))
            return 1
        finally:
            self._stop_all()

    def _check_what_is_needed(self) -> None:
        """Find what is in the way before anything starts: data folder, engine port, web port."""
        if self._engine is not None:
            self._engine.reserve()
        address, port = self._settings.host, self._settings.port
        try:
            is_free = is_port_free(port, address)
        except OSError as error:
            raise RunError(f"HOST {address} is no address of this machine: {error.strerror}") from error
        if not is_free:
            raise RunError(f"port {port} is already in use: set PORT to a free one")

    def _start_engine(self) -> None:
        if self._engine is not None:
            self._engine.start()
            self._children["engine"] = Child("engine", self._engine.process, self._console)

    def _set_up(self) -> None:
        if self._shows_demo and not self._settings.demo_password:
            self._environment["DEMO_PASSWORD"] = keep_demo_password(self._password_file)
        release = self._start_child("release")
        while release.exit_code is None:
            self._pause()
        del self._children["release"]
        if release.exit_code != 0:
            raise RunError(f"setting up failed (exit {release.exit_code}):\n{release.last_lines()}")

    def _start_child(self, name: str, ready_words: str = "") -> Child:
        if name not in self._commands:
            raise RunError(f"the Procfile has no line for {name}")
        command = self._commands[name]
        tool = shutil.which(command[0], path=self._environment["PATH"])
        if tool is None:
            raise RunError(f"{command[0]} is not installed: run make setup")
        child = Child.start(name, [tool, *command[1:]], self._environment, self._console, ready_words)
        self._children[name] = child
        return child

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not (
            self._children["worker"].is_ready and is_alive(self._settings.local_address, self._settings.port)
        ):
            self._pause()
            self._check_children()
            if time.monotonic() > deadline:
                raise RunError(f"web and worker were not ready within {READY_SECONDS:.0f} seconds")

    def _announce(self) -> None:
        self._console.say(f"ready at {self._settings.local_url}/")
        if not self._shows_demo:
            return
        self._console.say("demo logins: " + ", ".join(f"{role}@demo.example" for role in DEMO_ROLES))
        if self._settings.demo_password:
            self._console.say("password: the value of DEMO_PASSWORD")
        else:
            kept_in = os.path.relpath(self._password_file)
            self._console.say(f"password: {self._environment['DEMO_PASSWORD']} (kept in {kept_in})")
        self._console.say("Ctrl-C stops everything")

    def _watch(self) -> NoReturn:
        while True:
            self._pause()
            self._check_children()

    def _check_children(self) -> None:
        for child in self._children.values():
            if child.exit_code is not None:
                raise RunError(
                    f"{child.name} ended unexpectedly (exit {child.exit_code}); its last lines:\n"
                    f"{child.last_lines()}"
                )

    def _stop_all(self) -> None:
        """Stop what writes before what it writes to: release and web, then the worker, the engine last."""
        interrupts = self._interrupts
        for name, grace in (
            ("release", WORKER_GRACE_SECONDS),
            ("web", WEB_GRACE_SECONDS),
            ("worker", WORKER_GRACE_SECONDS),
        ):
            if child := self._children.get(name):
                child.stop(grace, in_a_hurry=lambda: self._interrupts > interrupts)
                self._console.say(f"{name} stopped")
        if self._engine is not None:
            self._engine.stop()
            if "engine" in self._children:
                self._console.say("engine stopped")

    @property
    def _shows_demo(self) -> bool:
        return not self._settings.is_production

    @property
    def _password_file(self) -> Path:
        return ROOT / "var" / "demo-password"

    def _pause(self) -> None:
        time.sleep(_POLL_SECONDS)
        if self._stop_requested:
            raise _StopRequested

    def _listen_for_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup has asked to ignore hang-ups
                signal.signal(number, self._note_stop_signal)

    def _note_stop_signal(self, number: int, _frame: FrameType | None) -> None:
        self._stop_requested = True
        # Only an impatient second Ctrl-C cuts the wait short: one TERM may arrive twice, by way of make.
        self._interrupts += number == signal.SIGINT


def _with_own_tools_first(environment: Mapping[str, str]) -> dict[str, str]:
    """Let `ledgerdesk` and `gunicorn` mean the ones installed beside this Python."""
    tools = str(Path(sys.executable).parent)
    path = os.pathsep.join([tools, environment.get("PATH", os.defpath)])
    return {**environment, "PATH": path, "PYTHONUNBUFFERED": "1"}
