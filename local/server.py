"""A server that speaks DynamoDB's protocol, run as a child process until it is stopped."""

import http.client
import shutil
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from contextlib import closing
from types import TracebackType
from typing import ClassVar, Self
from urllib.parse import urlsplit

from dynamodb_client import ConnectionOptions
from dynamodb_client.unix_socket import open_connection

ANSWER_SECONDS = 15.0
STOP_SECONDS = 10.0


class EngineError(Exception):
    """The engine cannot run; the message is one line for the person who started it."""


class Server(ABC):
    """What all engines have in common: an endpoint, a process, and how long it may take to answer."""

    label: ClassVar[str]
    start_seconds: ClassVar[float]

    def __init__(self) -> None:
        """Prepare a server."""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def endpoint(self) -> str:
        """Return the address for DYNAMODB_ENDPOINT."""

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
        while not answers(self.endpoint):
            if self.process.poll() is not None:
                raise EngineError(
                    f"{self.label} ended at once (exit {self.process.returncode}){self._last_line()}"
                )
            if time.monotonic() > deadline:
                raise EngineError(f"{self.label} gave no answer within {self.start_seconds:.0f} seconds")
            time.sleep(0.01)

    def _last_line(self) -> str:
        """Return what an ended process said last, if its output is a pipe that nobody else reads."""
        if self.process.stdout is None:
            return ""
        with self.process.stdout as output:
            lines = output.read().decode("utf-8", "replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        return f": {said[-1]}" if said else ""


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


def http_connection(endpoint: str, timeout: float = ANSWER_SECONDS) -> http.client.HTTPConnection:
    """Open a connection for bare requests to an engine; raises OSError."""
    options = ConnectionOptions(region="", endpoint=endpoint, prefix="")
    parts = urlsplit(options.url or "")
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=timeout)
    if options.socket_path is None:
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    else:
        connection.sock = open_connection(options.socket_path, timeout)
    return connection


def answers(endpoint: str) -> bool:
    """Tell whether an engine answers a request."""
    try:
        with closing(http_connection(endpoint)) as connection:
            connection.request("POST", "/", b"{}", signed_headers("ListTables"))
            return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
