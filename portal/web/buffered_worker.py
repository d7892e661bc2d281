"""gunicorn's threads, given whole requests only, and never kept by a client that sends or reads slowly.

gunicorn's own worker reads a request on the thread that answers it, so that 40 sockets which leave a header or body
unfinished stop the site. Here the main thread of each process collects requests from all its connections, and a thread
gets one once it is complete. What a client does not read at once is sent by the main thread too, and so is an answer
that is held until something happens (portal/web/holding.py). Every wait for a client ends: docs/operators.md, "Slow
clients", lists the limits.
"""

import errno
import resource
import selectors
import socket
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from gunicorn.http.errors import (
    ExpectationFailed,
    LimitRequestHeaders,
    LimitRequestLine,
    NoMoreData,
    ParseException,
    UnsupportedTransferCoding,
)
from gunicorn.workers.gthread import ThreadWorker

from portal.web.limits import MAX_REQUEST
from portal.web.request_buffer import BodyTooLarge, HeadTooLarge, RequestBuffer
from portal.web.response_buffer import PATIENCE, ResponseBuffer

# A body may be a little larger than the application allows, which then says so itself.
MAX_BODY = MAX_REQUEST + 64 * 1024
HEAD_SECONDS = 10.0
BODY_SECONDS = 10.0
BODY_RATE = 4 * 1024  # bytes that allow another second
LINGER_SECONDS = 5.0
STOP_SECONDS = 2.0  # that a stopping process waits for a request on an idle connection
BUDGET = 64 * 1024 * 1024  # bytes of unfinished requests
CHECK_SECONDS = 1.0  # between looks at the deadlines
WOKEN_AT_ONCE = 8  # held requests that are carried out again, beside those of others
WAKING_SECONDS = 0.05  # between them
NOTICE_SECONDS = 0.25  # between looks whether something has happened
SPARE_FILES = 256  # for everything that is no connection of a client
RECEIVE = 64 * 1024
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
REASONS = {
    400: "Bad Request",
    408: "Request Timeout",
    413: "Content Too Large",
    414: "URI Too Long",
    417: "Expectation Failed",
    431: "Request Header Fields Too Large",
    501: "Not Implemented",
}
STATUS: tuple[tuple[type[Exception], int], ...] = (
    (BodyTooLarge, 413),
    (LimitRequestLine, 414),
    (LimitRequestHeaders, 431),
    (ExpectationFailed, 417),
    (UnsupportedTransferCoding, 501),
)
Event = Callable[["Connection"], None]


class Connection:
    """One client: what it has sent, what it has not read yet, and until when it must do something."""

    def __init__(self, sock: socket.socket, client: Any, server: Any, config: Any) -> None:
        """Take over a connection; nothing has arrived on it."""
        sock.setblocking(False)
        self.raw, self.client, self.server = sock, client, server
        self.received = RequestBuffer(config, client, MAX_BODY)
        self.sock = ResponseBuffer(sock)  # under the name by which gunicorn writes
        self.since = self.deadline = 0.0  # of what it does now, on the monotonic clock
        self.counted = 0  # bytes in the worker's sum
        self.keep = False  # whether it may be used again once the answer is sent

    def close(self) -> None:
        """Close it at once."""
        self.sock.close()
        self.raw.close()


class BufferedWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn is untyped
    """A ThreadWorker whose main thread does all waiting for clients."""

    worker_connections: int

    def __init__(self, *arguments: Any, **more: Any) -> None:
        """Prepare a worker without connections."""
        super().__init__(*arguments, **more)
        # Those that wait for their client, the one that has waited longest first; and those a thread works for.
        self._waiting: OrderedDict[Connection, None] = OrderedDict()
        self._at_work: set[Connection] = set()
        # Of those that wait, those whose answer is held.
        self._on_hold: dict[Connection, None] = {}
        self._held = 0  # bytes of unfinished requests
        self._checked = self._wake_at = 0.0
        self._are_woken = False

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Refuse settings that this worker does not serve."""
        del log
        if cfg.is_ssl:
            raise ValueError("the worker serves no TLS: leave that to a proxy in front")

    def init_process(self) -> None:
        """Allow as many open files as the system does, then start."""
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        if most != resource.RLIM_INFINITY:
            self.worker_connections = max(1, min(self.worker_connections, most - SPARE_FILES))
        super().init_process()

    def run(self) -> None:
        """Serve until told to stop; then finish what has begun, as long as gunicorn's graceful timeout allows."""
        self.poller.register(
            self.method_queue.fileno(), selectors.EVENT_READ, self.method_queue.run_callbacks
        )
        self.set_accept_enabled(True)
        while self.alive and self.is_parent_alive():
            are_woken = self._wake()
            self._serve(WAKING_SECONDS if are_woken else NOTICE_SECONDS if self._on_hold else CHECK_SECONDS)
        self.set_accept_enabled(False)
        for connection in list(self._on_hold):
            self._release(connection)
        last = time.monotonic() + self.cfg.graceful_timeout
        for connection in self._waiting:
            if not connection.counted and connection.sock.is_empty:
                connection.deadline = min(connection.deadline, time.monotonic() + STOP_SECONDS)
        while (self._waiting or self._at_work) and time.monotonic() < last:
            self._serve(CHECK_SECONDS / 5)
        for connection in (*self._waiting, *self._at_work):
            connection.close()
        self.tpool.shutdown(wait=False)
        self.poller.close()
        self.method_queue.close()
        for listener in self.sockets:
            listener.close()

    def _serve(self, patience: float) -> None:
        self.notify()
        self.wait_for_and_dispatch_events(timeout=patience)
        now = time.monotonic()
        if now >= self._checked + patience:
            self._checked = now
            for connection in [each for each in self._waiting if each.deadline < now]:
                self._expire(connection)

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection; where there are too many, the one that has waited longest makes room."""
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                self._make_room()
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED):
                raise
            return
        if len(self._waiting) + len(self._at_work) >= self.worker_connections:
            self._make_room()
        connection = Connection(sock, client, listener.getsockname(), self.cfg)
        self._await(connection, self.cfg.keepalive)
        self._listen(connection, self._read)
        self._read(connection)  # most send their request at once

    def _make_room(self, *, only_unfinished: bool = False) -> None:
        """Close the connection that has waited longest for its client, if there is one."""
        longest = next((each for each in self._waiting if each.counted or not only_unfinished), None)
        if longest is not None:
            self._end(longest)

    def _await(self, connection: Connection, seconds: float) -> None:
        """Wait for a client, who has so many seconds from now on."""
        self._waiting[connection] = None
        self._waiting.move_to_end(connection)
        connection.since = time.monotonic()
        connection.deadline = connection.since + seconds

    def _listen(self, connection: Connection, event: Event, kind: int = selectors.EVENT_READ) -> None:
        self.poller.register(connection.raw, kind, lambda _: event(connection))

    def _ignore(self, connection: Connection) -> None:
        with suppress(KeyError, ValueError):
            self.poller.unregister(connection.raw)

    def _count(self, connection: Connection, size: int) -> None:
        self._held += size - connection.counted
        connection.counted = size

    def _end(self, connection: Connection) -> None:
        """Close a connection at once."""
        self._ignore(connection)
        self._waiting.pop(connection, None)
        self._on_hold.pop(connection, None)
        self._count(connection, 0)
        connection.close()

    def _read(self, connection: Connection) -> None:
        """Take what has arrived on a connection whose request is not complete."""
        try:
            data = connection.raw.recv(RECEIVE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._end(connection)
            return
        if not connection.counted:
            self._await(connection, HEAD_SECONDS)
        self._advance(connection, lambda: connection.received.feed(data))

    def _advance(self, connection: Connection, step: Callable[[], bool]) -> None:
        """Look at the next request: hand it to a thread, refuse it, or wait for the rest of it."""
        before = connection.received.request
        try:
            is_complete = step()
        except NoMoreData:
            self._linger(connection)
        except (HeadTooLarge, BodyTooLarge, ParseException) as error:
            self._refuse(connection, _status(error))
        else:
            if is_complete:
                self._begin_work(connection)
                return
            self._count(connection, connection.received.size)
            if connection.received.request is not None:
                self._await_body(connection, begins=connection.received.request is not before)
            if self._held > BUDGET:
                self._make_room(only_unfinished=True)

    def _begin_work(self, connection: Connection) -> None:
        self._ignore(connection)
        self._waiting.pop(connection)
        self._count(connection, 0)
        self._at_work.add(connection)
        self.enqueue_req(connection)

    def _await_body(self, connection: Connection, *, begins: bool) -> None:
        if begins:
            self._await(connection, BODY_SECONDS)
            if connection.received.wants_body:
                with suppress(OSError):
                    connection.sock.sendall(CONTINUE)
        connection.deadline = connection.since + BODY_SECONDS + connection.received.size / BODY_RATE

    def _expire(self, connection: Connection) -> None:
        if connection in self._on_hold:
            self._release(connection)
        elif connection.counted:
            self._refuse(connection, 408)
        else:
            self._end(connection)

    def _refuse(self, connection: Connection, status: int) -> None:
        """Answer what is no request, or never became one."""
        text = f"{REASONS[status]}\n"
        head = f"HTTP/1.1 {status} {REASONS[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n"
        with suppress(OSError):
            connection.sock.sendall(f"{head}Content-Length: {len(text)}\r\n\r\n{text}".encode("ascii"))
        self._linger(connection)

    def handle(self, conn: Connection) -> bool:
        """Answer a complete request, on a thread; tell whether the connection may be used again."""
        request = conn.received.request
        assert request is not None  # noqa: S101 - narrows the type
        request._expected_100_continue = False  # its body is here
        try:
            return bool(self.handle_request(request, conn)) and not conn.received.is_cut
        except (OSError, StopIteration) as error:
            self.log.debug("Connection ended: %s", error)
        except Exception as error:
            self.handle_error(request, conn.sock, None, error)
        return False

    def finish_request(self, conn: Connection, fs: "Future[bool]") -> None:
        """Go on with a connection whose request was answered."""
        self._at_work.discard(conn)
        conn.keep = not fs.cancelled() and fs.exception() is None and fs.result()
        if conn.sock.is_held and self.alive:
            self._await(conn, conn.sock.held_until - time.monotonic())
            self._on_hold[conn] = None
            self._listen(conn, self._notice_end)
            return
        self._send_rest(conn)

    def _notice_end(self, connection: Connection) -> None:
        """Close a connection whose client no longer waits; what it sends meanwhile is read after the answer."""
        with suppress(BlockingIOError):
            try:
                has_ended = not connection.raw.recv(1, socket.MSG_PEEK)
            except OSError:
                has_ended = True
            if has_ended:
                self._end(connection)
            else:
                self._ignore(connection)

    def _wake(self) -> bool:
        """Carry requests out again for which something has happened, a few at a time; tell whether there are more."""
        now = time.monotonic()
        if now < self._wake_at:
            return self._are_woken
        woken = [each for each in self._on_hold if each.sock.is_woken]
        for connection in woken[: max(0, WOKEN_AT_ONCE - len(self._at_work))]:
            self._on_hold.pop(connection)
            connection.sock.drop()
            self._begin_work(connection)
        self._are_woken = len(woken) > 0
        self._wake_at = now + (WAKING_SECONDS if woken else NOTICE_SECONDS)
        return self._are_woken

    def _release(self, connection: Connection) -> None:
        """Send an answer that was held."""
        self._ignore(connection)
        self._on_hold.pop(connection)
        try:
            connection.sock.release()
        except OSError:
            self._end(connection)
            return
        self._send_rest(connection)

    def _send_rest(self, connection: Connection) -> None:
        """Send on what a client has not taken at once, then go on."""
        connection.sock.held_until = 0.0
        if connection.sock.is_held:  # while the process stops
            connection.sock.release()
        if connection.sock.is_empty:
            self._go_on(connection, connection.keep)
            return
        connection.sock.begin()
        self._await(connection, PATIENCE)
        self._listen(connection, lambda each: self._send(each, connection.keep), selectors.EVENT_WRITE)

    def _send(self, connection: Connection, keep: bool) -> None:
        """Send on as the client reads."""
        try:
            connection.sock.flush()
        except OSError:
            self._end(connection)
            return
        connection.deadline = connection.sock.deadline
        if connection.sock.is_empty:
            self._ignore(connection)
            self._go_on(connection, keep)

    def _go_on(self, connection: Connection, keep: bool) -> None:
        """Wait for the next request, part of which may be here."""
        if not keep:
            self._linger(connection)
            return
        self._await(connection, self.cfg.keepalive if self.alive else STOP_SECONDS)
        self._listen(connection, self._read)
        self._advance(connection, connection.received.next)
        if connection.counted and connection.received.request is None:
            self._await(connection, HEAD_SECONDS)

    def _linger(self, connection: Connection) -> None:
        """Close after the client: what it still sends would otherwise destroy what it has not read."""
        self._ignore(connection)
        self._count(connection, 0)
        self._await(connection, LINGER_SECONDS)
        try:
            connection.raw.shutdown(socket.SHUT_WR)
        except OSError:
            self._end(connection)
            return
        self._listen(connection, self._discard)

    def _discard(self, connection: Connection) -> None:
        try:
            if connection.raw.recv(RECEIVE):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._end(connection)


def _status(error: Exception) -> int:
    if isinstance(error, HeadTooLarge):
        return 414 if error.in_line else 431
    return next((status for kind, status in STATUS if isinstance(error, kind)), 400)
