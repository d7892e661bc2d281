"""The embedded DynamoDB engine on a data folder.

`with Engine(data_dir) as engine:` for tests and the supervisor; `python -m local.engine` (the line in the
Procfile) becomes the engine, for people who use another Procfile runner. Clients reach it by the Unix socket in
the data folder: see isolated_engine.py.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Self

from local.folder_lock import FolderInUseError, FolderLock
from local.server import EngineError, Server, dying_with_parent
from local.settings import ROOT, Settings, SettingsError
from portal.config.private_files import write_privately
from portal.config.readers import ENGINE_SOCKET, embedded_endpoint

BINARY = ROOT / "node_modules" / "@dynoxide" / "linux-x64" / "dynoxide"
DATABASE_NAME = "dynamodb.sqlite"


class Engine(Server):
    """The embedded engine as a child process that owns its data folder."""

    label = "the embedded engine"
    start_seconds = 60.0

    def __init__(self, data_dir: Path, output: int | IO[bytes] = subprocess.DEVNULL) -> None:
        """Prepare an engine on data_dir; output receives what the engine prints."""
        super().__init__()
        self.data_dir = data_dir
        self._output = output
        self._lock = FolderLock(data_dir)

    @property
    def endpoint(self) -> str:
        """Return the address for DYNAMODB_ENDPOINT."""
        return embedded_endpoint(self.data_dir)

    def reserve(self) -> None:
        """Lock the folder, so that what is in the way shows before anything runs."""
        _guard(self._lock)

    def start(self) -> Self:
        """Lock the folder, start the engine and wait until it answers; EngineError if any of that fails."""
        self._check_stopped()
        lock = _guard(self._lock)
        try:
            # Its own session keeps a terminal's Ctrl-C from it: whoever started it stops it, last.
            self._process = subprocess.Popen(
                dying_with_parent(_command(self.data_dir, lock)),
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
        super().stop()
        self._lock.let_go()

    def kill(self) -> None:
        """End the engine the way a crash would, for tests of durability; start() brings it back."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._process = None
        self._lock.let_go()
        self._lock.wait_until_free()


def become_engine() -> None:
    """Lock the settings' data folder and turn this process into the engine; EngineError if that fails."""
    write_privately()
    settings = Settings.from_env()
    lock = FolderLock(settings.data_dir)
    descriptor = _guard(lock)
    os.set_inheritable(descriptor, True)
    lock.name_holder(os.getpid())
    command = _command(settings.data_dir, descriptor)
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


def _command(data_dir: Path, lock: int) -> list[str]:
    program = [sys.executable, "-I", "-S", str(ROOT / "local" / "isolated_engine.py")]
    return [*program, str(BINARY), str(data_dir / DATABASE_NAME), str(data_dir / ENGINE_SOCKET), str(lock)]


if __name__ == "__main__":
    try:
        become_engine()
    except SettingsError as error:
        print(f"engine: {error}", file=sys.stderr)
        sys.exit(2)
    except EngineError as error:
        sys.exit(f"engine: {error}")
