"""AWS's own DynamoDB Local, which `make test-engines` runs the integration tests on.

It runs in memory: what it holds ends with it. It needs no credentials and listens on loopback alone.
"""

import os
import subprocess
from typing import Self

from local.ports import LOOPBACK, free_port, is_port_free
from local.server import EngineError, Server, dying_with_parent
from local.settings import ROOT

FOLDER = ROOT / "var" / "dynamodb-local"


class DynamoDBLocal(Server):
    """DynamoDB Local as a child process."""

    label = "DynamoDB Local"
    start_seconds = 60.0  # a Java machine on a busy computer

    def __init__(self, port: int = 0) -> None:
        """Prepare a server; port 0 takes a free one."""
        super().__init__()
        self.port = port or free_port()

    @property
    def endpoint(self) -> str:
        """Return the address for DYNAMODB_ENDPOINT."""
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> Self:
        """Start the server, empty, and wait until it answers; EngineError if that fails."""
        self._check_stopped()
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
