"""AWS's own DynamoDB Local, which `make test-engines` runs the integration tests on.

It runs in memory: what it holds ends with it. It needs no credentials and listens on loopback alone.
"""

import os
import subprocess
import time
from types import TracebackType
from typing import Self

from local.engine import EngineError, answers, dying_with_parent, end
from local.ports import LOOPBACK, free_port, is_port_free
from local.settings import ROOT

FOLDER = ROOT / "var" / "dynamodb-local"
START_SECONDS = 60.0  # a Java machine on a busy computer


class DynamoDBLocal:
    """DynamoDB Local as a child process."""

    def __init__(self, port: int = 0) -> None:
        """Prepare a server; port 0 takes a free one."""
        self.port = port or free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """Return the address for DYNAMODB_ENDPOINT."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """Return the running server's process; EngineError when it was not started."""
        if self._process is None:
            raise EngineError("DynamoDB Local is not running")
        return self._process

    def start(self) -> Self:
        """Start the server, empty, and wait until it answers; EngineError if that fails."""
        if self._process is not None:
            raise EngineError(f"DynamoDB Local runs already, as process {self._process.pid}")
        if not (FOLDER / ".built").is_file():
            raise EngineError("DynamoDB Local is not installed: run make test-engines")
        if not is_port_free(self.port):
            raise EngineError(f"port {self.port} is already in use")
        # The fast compiler alone, and one thread to collect garbage: the tests need the cores themselves.
        java = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dsqlite4java.library.path=lib"]
        try:
            self._process = subprocess.Popen(
                dying_with_parent([*java, "-cp", "classes:lib/*", "LoopbackServer", str(self.port)]),
                cwd=FOLDER,
                env={**os.environ, "DDB_LOCAL_TELEMETRY": "false"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            self._wait_until_answering()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Ask the server to end and insist after a while; harmless when not running."""
        if self._process is not None:
            end(self._process)
            self._process = None

    def __enter__(self) -> Self:
        """Start the server."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server."""
        self.stop()

    def _wait_until_answering(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not answers(self.port):
            if self.process.poll() is not None:
                raise EngineError(f"DynamoDB Local ended at once (exit {self.process.returncode})")
            if time.monotonic() > deadline:
                raise EngineError(f"DynamoDB Local gave no answer within {START_SECONDS:.0f} seconds")
            time.sleep(0.02)
