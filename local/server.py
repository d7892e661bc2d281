"""A server that speaks DynamoDB's protocol, run as a child process until it is stopped."""

import contextlib
import http.client
import shutil
import subprocess
import time
from abc import ABC, abstractmethod
from types import TracebackType
from typing import ClassVar, Self

from local.ports import LOOPBACK, free_port

ANSWER_SECONDS = 15.0
STOP_SECONDS = 10.0


class EngineError(Exception):
    """The engine cannot run; the message is one line for the person who started it."""


class Server(ABC):
    """What all engines have in common: an address, a process, and how long it may take to answer."""

    label: ClassVar[str]
    start_seconds: ClassVar[float]

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
        """Return the running process; EngineError when it was not started."""
        if self._process is None:
            raise EngineError(f"{self.label} is not running")
        return self._process

    @abstractmethod
    def start(self) -> Self:
        """Start the server and wait until it answers; EngineError if that fails."""

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

    def _check_stopped(self) -> None:
        if self._process is not None:
            raise EngineError(f"{self.label} runs already, as process {self._process.pid}")

    def _wait_until_answering(self) -> None:
        deadline = time.monotonic() + self.start_seconds
        while not answers(self.port):
            if self.process.poll() is not None:
                raise EngineError(f"{self.label} ended at once (exit {self.process.returncode})")
            if time.monotonic() > deadline:
                raise EngineError(f"{self.label} gave no answer within {self.start_seconds:.0f} seconds")
            time.sleep(0.01)


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
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=ANSWER_SECONDS)
    try:
        with contextlib.closing(connection):
            connection.request("POST", "/", b"{}", signed_headers("ListTables"))
            return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
