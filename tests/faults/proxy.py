"""A proxy between the product and its engine that loses, delays and refuses on command."""

import http.client
import json
import threading
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import urlsplit


class Reply(NamedTuple):
    """What goes back to the product."""

    status: int
    body: bytes


Request = tuple[dict[str, str], bytes]
Act = Callable[["Talk"], Reply | None]
"""Deals with one request; None closes the connection without an answer."""

PREFIX = "com.amazonaws.dynamodb.v20120810#"


def refusal(status: int, kind: str, **more: Any) -> Reply:
    """Build an error as DynamoDB writes it."""
    return Reply(status, json.dumps({"__type": PREFIX + kind, "message": kind, **more}).encode())


def through(talk: "Talk") -> Reply | None:
    """Pass on request and answer."""
    return talk.forward()


def lose_answer(talk: "Talk") -> Reply | None:
    """Let the engine do its work, then break the connection."""
    talk.forward()
    return None


def lose_request(_: "Talk") -> Reply | None:
    """Break the connection before the engine hears of it."""
    return None


def hold_answer(talk: "Talk") -> Reply | None:
    """Let the engine do its work and keep silent until the product gives up."""
    talk.forward()
    talk.wait_for_hang_up()
    return None


def hold_request(talk: "Talk") -> Reply | None:
    """Keep the request back until the product has given up; `Proxy.release` lets it through later."""
    talk.keep()
    talk.wait_for_hang_up()
    return None


def forget_token(talk: "Talk") -> Reply | None:
    """Pass on the request without its idempotency token, as if the engine had forgotten it."""
    return talk.forward(without="ClientRequestToken")


def lose_answer_and_token(talk: "Talk") -> Reply | None:
    """Let the engine do its work without knowing the token, then break the connection."""
    talk.forward(without="ClientRequestToken")
    return None


def fail(_: "Talk") -> Reply | None:
    """Answer with an internal error; nothing was done."""
    return refusal(500, "InternalServerError")


def fail_after(talk: "Talk") -> Reply | None:
    """Answer with an internal error although the engine did its work."""
    talk.forward()
    return refusal(500, "InternalServerError")


def throttle(_: "Talk") -> Reply | None:
    """Answer that there were too many requests."""
    return refusal(400, "ThrottlingException")


def garble(talk: "Talk") -> Reply | None:
    """Let the engine do its work and answer with something that is no JSON."""
    talk.forward()
    return Reply(200, b"<html>Bad gateway</html>")


def cancel(code: str, position: int = 0) -> Act:
    """Cancel the transaction for a reason given to one of its items."""

    def act(talk: "Talk") -> Reply | None:
        count = len(json.loads(talk.body)["TransactItems"])
        reasons = [{"Code": code if at == position else "None"} for at in range(count)]
        return refusal(400, "TransactionCanceledException", CancellationReasons=reasons)

    return act


class Talk:
    """One request on its way."""

    def __init__(self, handler: "_Handler", body: bytes) -> None:
        self._handler, self.body = handler, body
        self.headers = {k: v for k, v in handler.headers.items() if k.lower() != "connection"}
        self.operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]

    def forward(self, without: str = "") -> Reply:
        """Ask the engine."""
        body = self.body
        if without:
            body = json.dumps({k: v for k, v in json.loads(body).items() if k != without}).encode()
        return self._handler.proxy.ask(self.headers, body)

    def keep(self) -> None:
        """Keep the request for later."""
        self._handler.proxy.kept.append((self.headers, self.body))

    def wait_for_hang_up(self) -> None:
        """Wait until the product closes the connection."""
        self._handler.connection.settimeout(20)
        self._handler.connection.recv(1)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    proxy: "Proxy"

    def do_POST(self) -> None:
        """Deal with one request as told."""
        talk = Talk(self, self.rfile.read(int(self.headers["Content-Length"])))
        reply = self.proxy.act_for(talk.operation)(talk)
        if reply is None:
            self.close_connection = True
            return
        self.send_response_only(reply.status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)
        self.wfile.flush()


class Proxy:
    """Passes everything on, except what it was told to do to the next requests of an operation."""

    def __init__(self, endpoint: str) -> None:
        parts = urlsplit(endpoint)
        self._address = (parts.hostname or "", parts.port or 0)
        self._scripts: dict[str, deque[Act]] = {}
        self._lock = threading.Lock()
        self.kept: deque[Request] = deque()
        self.seen: list[str] = []
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def endpoint(self) -> str:
        """Return where the proxy listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def play(self, *acts: Act, operation: str = "TransactWriteItems") -> None:
        """Say what happens to the next requests of an operation; after them everything passes again."""
        with self._lock:
            self._scripts[operation] = deque(acts)
            self.seen.clear()

    def act_for(self, operation: str) -> Act:
        """Take the next act for an operation."""
        with self._lock:
            self.seen.append(operation)
            script = self._scripts.get(operation)
            return script.popleft() if script else through

    def ask(self, headers: dict[str, str], body: bytes) -> Reply:
        """Send a request to the engine."""
        connection = http.client.HTTPConnection(*self._address, timeout=20)
        try:
            connection.request("POST", "/", body, {**headers, "Content-Length": str(len(body))})
            answer = connection.getresponse()
            return Reply(answer.status, answer.read())
        finally:
            connection.close()

    def release(self) -> list[Reply]:
        """Let the requests through that were kept back, in the order they came."""
        return [self.ask(*self.kept.popleft()) for _ in range(len(self.kept))]

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
