"""A proxy between the product and its engine that loses, delays and refuses requests, scripted or at random.

`Proxy.play` scripts the next requests with the actions of fault_kinds.py. `Proxy.trouble` decides at random, see
random_faults.py. `between` runs a proxy for any program.
"""

import http.client
import json
import select
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from local.server import http_connection
from tests.faults.fault_kinds import TARGET, FaultAction, Reply, Request, Talk, operation_of, through
from tests.faults.late_indexes import LateIndexes
from tests.patience import PATIENCE

# For the proxy's own requests; the engine checks that a request is signed, not by whom.
OWN = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=proxy/20260101/eu-central-1/dynamodb/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=0",
    "Content-Type": "application/x-amz-json-1.0",
    "X-Amz-Date": "20260101T000000Z",
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    proxy: "Proxy"
    line: "Line"

    def setup(self) -> None:
        """Open a connection to the engine for this client connection."""
        super().setup()
        self.line = self.proxy.line()

    def finish(self) -> None:
        """Close both connections."""
        self.line.close()
        super().finish()

    def do_POST(self) -> None:
        """Handle one request as the proxy decides."""
        talk = Talk(self, self.rfile.read(int(self.headers["Content-Length"])))
        reply = self.proxy.act_for(talk.operation, talk.body)(talk)
        if reply is None:
            self.close_connection = True
            return
        self.send_response_only(reply.status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)
        self.wfile.flush()


class Line:
    """A connection to the engine that stays open between requests."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._open: http.client.HTTPConnection | None = None

    def ask(self, headers: Mapping[str, str], body: bytes) -> Reply:
        """Send a request and read the answer."""
        line = self._open
        if line is None or line.sock is None or select.select([line.sock], [], [], 0)[0]:
            self.close()
            line = self._open = http_connection(self._endpoint, timeout=PATIENCE)
        line.request("POST", "/", body, {**headers, "Content-Length": str(len(body))})
        answer = line.getresponse()
        return Reply(answer.status, answer.read())

    def close(self) -> None:
        """Close the connection."""
        if self._open is not None:
            self._open.close()


class Disturber(Protocol):
    """Decides what happens to a request that no script covers."""

    def act(self, operation: str, body: bytes) -> FaultAction | None:
        """Name what happens; None lets it through."""


class Proxy:
    """Passes everything on, except what scripts or `trouble` say should happen to a request.

    `edit` changes what the engine is asked, for tests that take a protection away. `broken` holds what went
    wrong in the proxy itself: it must stay empty.
    """

    def __init__(self, endpoint: str, *, lag: float = 2.0) -> None:
        self._engine = endpoint
        self._scripts: dict[str, deque[FaultAction]] = {}
        self._lock = threading.Lock()
        self.held_requests: deque[Request] = deque()
        self.seen: list[str] = []
        self.broken: list[str] = []
        self.trouble: Disturber | None = None
        self.edit: Callable[[str, bytes], bytes] | None = None
        self.closing = threading.Event()
        self.late = LateIndexes(self.call, lag)
        handler = type("Handler", (Handler,), {"proxy": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._server.proxy = self
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def endpoint(self) -> str:
        """Return where the proxy listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def play(self, *acts: FaultAction, operation: str = "TransactWriteItems") -> None:
        """Say what happens to the next requests of an operation; after them everything passes again."""
        with self._lock:
            self._scripts[operation] = deque(acts)
            self.seen.clear()

    def disturb(self, trouble: Disturber) -> None:
        """Let trouble decide about every request from now on."""
        self.late.start()
        self.trouble = trouble

    def calm(self) -> None:
        """Forget all scripts and troubles."""
        self._scripts.clear()
        self.held_requests.clear()
        self.trouble = self.edit = None

    def act_for(self, operation: str, body: bytes) -> FaultAction:
        """Take the next action for an operation."""
        with self._lock:
            self.seen.append(operation)
            if script := self._scripts.get(operation):
                return script.popleft()
            trouble = self.trouble
        return (trouble and trouble.act(operation, body)) or through

    def line(self) -> Line:
        """Open a connection to the engine."""
        return Line(self._engine)

    def ask(self, headers: dict[str, str], body: bytes, line: Line) -> Reply:
        """Send a request to the engine, and note what it wrote."""
        operation = operation_of(headers)
        if self.edit is not None:
            body = self.edit(operation, body)
        reply = line.ask(headers, body)
        if reply.status == 200:
            self.late.note(operation, body)
        return reply

    def call(self, operation: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Ask the engine something of our own; raises AssertionError when it refuses."""
        headers = {**OWN, TARGET: f"DynamoDB_20120810.{operation}"}
        with closing(self.line()) as line:
            reply = line.ask(headers, json.dumps(payload).encode())
        assert reply.status == 200, f"{operation} answered {reply.status}: {reply.body!r}"
        return dict(json.loads(reply.body))

    def release(self) -> list[Reply]:
        """Send the held requests, in the order they came."""
        with closing(self.line()) as line:
            return [self.ask(*self.held_requests.popleft(), line) for _ in range(len(self.held_requests))]

    def close(self) -> None:
        """Stop listening and drop the late copies."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self.late.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 100
    proxy: "Proxy"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore connections that break, since breaking them is the point, and record every other error."""
        del request, client_address
        error = sys.exception()
        if not isinstance(error, OSError):
            self.proxy.broken.append(repr(error))


@contextmanager
def between(endpoint: str, trouble: Disturber | None = None, *, lag: float = 2.0) -> Iterator[Proxy]:
    """Run a proxy in front of an engine, for any program; `lag` is how late indexes are, in seconds."""
    proxy = Proxy(endpoint, lag=lag)
    if trouble is not None:
        proxy.disturb(trouble)
    try:
        yield proxy
    finally:
        proxy.close()
