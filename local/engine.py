"""The embedded DynamoDB engine on a data folder.

`with Engine(data_dir, port) as engine:` for tests and the supervisor; `python -m local.engine` (the line in
the Procfile) becomes the engine itself, for people who use another Procfile runner.
"""

import contextlib
import http.client
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from local.folder_lock import FolderInUseError, FolderLock
from local.ports import LOOPBACK, free_port, is_port_free
from local.settings import ROOT, Settings, SettingsError

BINARY = ROOT / "node_modules" / "@dynoxide" / "linux-x64" / "dynoxide"
DATABASE_NAME = "dynamodb.sqlite"
START_SECONDS = 15.0
STOP_SECONDS = 10.0


class EngineError(Exception):
    """The engine cannot run; the message is one line for the person who started it."""


class Engine:
    """The embedded engine as a child process that owns its data folder."""

    def __init__(self, data_dir: Path, port: int = 0, output: int | IO[bytes] = subprocess.DEVNULL) -> None:
        """Prepare an engine on data_dir; port 0 takes a free one, output receives what the engine prints."""
        self.data_dir = data_dir
        self.port = port or free_port()
        self._output = output
        self._lock = FolderLock(data_dir)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """Return the address for DYNAMODB_ENDPOINT."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """Return the running engine's process; EngineError when it was not started."""
        if self._process is None:
            raise EngineError("the embedded engine is not running")
        return self._process

    def reserve(self) -> None:
        """Lock the folder and check the port, so that what is in the way shows before anything runs."""
        _guard(self._lock)
        try:
            _command(self.data_dir, self.port)
        except EngineError:
            self._lock.let_go()
            raise

    def start(self) -> Self:
        """Lock the folder, start the engine and wait until it answers; EngineError if any of that fails."""
        if self._process is not None:
            raise EngineError(f"the embedded engine runs already, as process {self._process.pid}")
        lock = _guard(self._lock)
        try:
            command = _command(self.data_dir, self.port)
            # Its own session keeps a terminal's Ctrl-C from it: whoever started it stops it, last.
            self._process = subprocess.Popen(
                dying_with_parent(command),
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.STDOUT,
                pass_fds=(lock,),
                start_new_session=True,
            )
            self._lock.name_holder(self._process.pid)
            self._wait_until_answering()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Ask the engine to end, insist after a while, then free the folder; harmless when not running."""
        if self._process is not None:
            end(self._process)
            self._process = None
        self._lock.let_go()

    def kill(self) -> None:
        """End the engine the way a crash would, for tests of durability; start() brings it back."""
        self.process.kill()
        self.process.wait()
        self._process = None
        self._lock.let_go()

    def __enter__(self) -> Self:
        """Start the engine."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the engine."""
        self.stop()

    def _wait_until_answering(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not answers(self.port):
            if self.process.poll() is not None:
                raise EngineError(f"the embedded engine ended at once (exit {self.process.returncode})")
            if time.monotonic() > deadline:
                raise EngineError(f"the embedded engine gave no answer within {START_SECONDS:.0f} seconds")
            time.sleep(0.01)


def become_engine() -> None:
    """Lock the settings' data folder and turn this process into the engine; EngineError if that fails."""
    settings = Settings.from_env()
    lock = FolderLock(settings.data_dir)
    os.set_inheritable(_guard(lock), True)
    command = _command(settings.data_dir, settings.engine_port)
    lock.name_holder(os.getpid())
    os.execv(command[0], command)  # noqa: S606 - the path is ours and nothing is interpreted by a shell


def _guard(lock: FolderLock) -> int:
    if not BINARY.is_file():
        raise EngineError("the embedded engine is not installed: run make setup")
    try:
        return lock.take()
    except FolderInUseError as error:
        raise EngineError(str(error)) from error
    except OSError as error:
        raise EngineError(f"data folder {lock.folder} cannot be used: {error.strerror}") from error


def _command(data_dir: Path, port: int) -> list[str]:
    if not is_port_free(port):
        raise EngineError(f"port {port} is already in use: set ENGINE_PORT to a free one")
    database = data_dir / DATABASE_NAME
    return [str(BINARY), "serve", "--host", LOOPBACK, "--port", str(port), "--db-path", str(database)]


def signed_headers(operation: str) -> dict[str, str]:
    """Return headers for a bare request; the engine checks that it is signed, not who signed it."""
    return {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        "X-Amz-Date": "20200101T000000Z",
        "Authorization": "AWS4-HMAC-SHA256 Credential=local/20200101/local/dynamodb/aws4_request, "
        "SignedHeaders=host, Signature=0",
    }


def dying_with_parent(command: list[str]) -> list[str]:
    """Prefix a command so that the kernel ends it when the thread that started it is killed outright."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", *command] if setpriv else command


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, insist after a while, and wait for it."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    """Tell whether an engine on this machine answers a request."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=START_SECONDS)
    try:
        with contextlib.closing(connection):
            connection.request("POST", "/", b"{}", signed_headers("ListTables"))
            return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False


if __name__ == "__main__":
    try:
        become_engine()
    except (EngineError, SettingsError) as error:
        sys.exit(f"engine: {error}")
