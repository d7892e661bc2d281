"""What can happen to a request between the product and its engine."""

import json
import os
import socket
import struct
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.patience import PATIENCE

if TYPE_CHECKING:
    from tests.faults.proxy import Handler

TARGET = "X-Amz-Target"


class Reply(NamedTuple):
    """What goes back to the product."""

    status: int
    body: bytes


Request = tuple[dict[str, str], bytes]
FaultAction = Callable[["Talk"], Reply | None]
"""Handles one request; None closes the connection without an answer."""

PREFIX = "com.amazonaws.dynamodb.v20120810#"
AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends a reset


def refusal(status: int, kind: str, **more: Any) -> Reply:
    """Build an error as DynamoDB writes it."""
    return Reply(status, json.dumps({"__type": PREFIX + kind, "message": kind, **more}).encode())


def through(talk: "Talk") -> Reply | None:
    """Pass on the request and its response."""
    return talk.forward()


def lose_answer(talk: "Talk") -> Reply | None:
    """Let the engine do its work, then break the connection."""
    talk.forward()
    return None


def lose_request(_: "Talk") -> Reply | None:
    """Break the connection before the engine gets the request."""
    return None


def reset_before(talk: "Talk") -> Reply | None:
    """Reset the connection before the engine gets the request."""
    talk.reset()
    return None


def reset_after(talk: "Talk") -> Reply | None:
    """Let the engine do its work, then reset the connection."""
    talk.forward()
    talk.reset()
    return None


def hold_answer(talk: "Talk") -> Reply | None:
    """Let the engine do its work and send nothing until the product gives up."""
    talk.forward()
    talk.wait_for_hang_up()
    return None


def hold_request(talk: "Talk") -> Reply | None:
    """Hold the request until the product gives up; `Proxy.release` sends it later."""
    talk.hold()
    talk.wait_for_hang_up()
    return None


def lose_history_read(talk: "Talk") -> Reply | None:
    """Break the connection before the engine is asked for a history item; answer any other read."""
    return None if b"ticket_history" in talk.body else talk.forward()


def answer_and_release(talk: "Talk") -> Reply | None:
    """Answer a read; after one of a history item, let in the requests that were held back."""
    reply = talk.forward()
    if b"ticket_history" in talk.body:
        talk.release()
    return reply


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


def conflict(_: "Talk") -> Reply | None:
    """Refuse a single write because a transaction holds its item."""
    return refusal(400, "TransactionConflictException")


def read_late(talk: "Talk") -> Reply | None:
    """Answer an index query from the late copy of its table."""
    return talk.forward(late=True)


def garble(talk: "Talk") -> Reply | None:
    """Let the engine do its work and answer with something that is not JSON."""
    talk.forward()
    return Reply(200, b"<html>Bad gateway</html>")


def cancel(code: str, position: int = 0) -> FaultAction:
    """Cancel the transaction for a reason given to one of its items."""

    def act(talk: "Talk") -> Reply | None:
        count = len(json.loads(talk.body)["TransactItems"])
        reasons = [{"Code": code if at == position else "None"} for at in range(count)]
        return refusal(400, "TransactionCanceledException", CancellationReasons=reasons)

    return act


class Talk:
    """One request on its way."""

    def __init__(self, handler: "Handler", body: bytes) -> None:
        self._handler, self.body = handler, body
        self.headers = {k: v for k, v in handler.headers.items() if k.lower() != "connection"}
        self.operation = operation_of(self.headers)

    def forward(self, *, late: bool = False) -> Reply:
        """Ask the engine; `late`: about the indexes as they were a moment ago."""
        body = self.body
        if late:
            body = self._handler.proxy.late.redirected(body)
        return self._handler.proxy.ask(self.headers, body, self._handler.line)

    def pause(self, seconds: float) -> None:
        """Keep the product waiting."""
        self._handler.proxy.closing.wait(seconds)

    def reset(self) -> None:
        """Break the connection so that the product sees a reset."""
        connection = self._handler.connection
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        os.close(connection.detach())

    def hold(self) -> None:
        """Hold the request back; `Proxy.release` sends it later."""
        self._handler.proxy.held_requests.append((self.headers, self.body))

    def release(self) -> None:
        """Send what was held back."""
        self._handler.proxy.release()

    def wait_for_hang_up(self) -> None:
        """Wait until the product closes the connection."""
        self._handler.connection.settimeout(PATIENCE)
        self._handler.connection.recv(1)


def operation_of(headers: Mapping[str, str]) -> str:
    """Read what a request asks the engine to do."""
    return headers.get(TARGET, "").rpartition(".")[2]
