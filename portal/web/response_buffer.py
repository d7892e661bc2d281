"""A response on its way to a client that may read slowly: no thread waits for it."""

import errno
import os
import select
import socket
import tempfile
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import IO

IN_MEMORY = 256 * 1024  # of a response; more goes to a temporary file
IN_FILE = 16 * 1024 * 1024  # of a response; a thread that produces more waits for the client
BLOCK = 64 * 1024
# What a client must read in a second, on average, once its patience is used up; both in bytes and seconds.
PATIENCE = 10.0
RATE = 4 * 1024
RATE_WHILE_A_THREAD_WAITS = 64 * 1024


class ClientTooSlow(OSError):
    """The client reads so slowly that nobody waits for it any longer."""


class _Part:
    """A piece of a file that is still to be sent."""

    def __init__(self, descriptor: int, offset: int, count: int) -> None:
        self.descriptor, self.offset, self.count = descriptor, offset, count

    def close(self) -> None:
        os.close(self.descriptor)


class ResponseBuffer:
    """Takes the place of the socket where gunicorn writes a response.

    What the socket does not take at once stays here, in memory up to a size and then in a file, until `flush` is called
    for. A thread waits only in responses so large that the file would not do.
    """

    def __init__(self, sock: socket.socket) -> None:
        """Write to a socket that does not block."""
        self._socket = sock
        self._waiting: deque[memoryview | _Part] = deque()
        self._size = 0
        self._spool: IO[bytes] | None = None
        self._started = 0.0
        self._sent = 0
        self._wakes: Callable[[], bool] | None = None
        self.held_until = 0.0  # on the monotonic clock; 0 for a request that has not been held

    def hold(self, seconds: float, wakes: Callable[[], bool]) -> None:
        """Send nothing until the time is up, or `wakes` tells that the request is to be carried out again."""
        self.held_until = self.held_until or time.monotonic() + seconds
        if time.monotonic() < self.held_until:
            self._wakes = wakes

    @property
    def is_held(self) -> bool:
        """Tell whether the response waits for something to happen."""
        return self._wakes is not None

    @property
    def is_woken(self) -> bool:
        """Tell whether what the response waits for has happened."""
        return self._wakes is not None and self._wakes()

    def drop(self) -> None:
        """Forget a held response, because the request is carried out again; its deadline stays."""
        self._wakes = None
        self.close()
        self._size = 0

    def release(self) -> None:
        """Send the response that was held."""
        self._wakes = None
        self.flush()

    @property
    def is_empty(self) -> bool:
        """Tell whether everything was sent."""
        return not self._waiting

    @property
    def deadline(self) -> float:
        """Return until when the client may take for what it has read so far, on the monotonic clock."""
        return self._started + PATIENCE + self._sent / RATE

    def begin(self) -> None:
        """Measure from now on how fast the client reads."""
        self._started, self._sent = time.monotonic(), 0

    def shutdown(self, how: int) -> None:
        """Leave that to the worker; gunicorn asks for it after an error in the middle of a response."""
        raise OSError(errno.EOPNOTSUPP, f"not to be shut down ({how})")

    def gettimeout(self) -> float:
        """Return that it never blocks, which gunicorn asks before it writes an error."""
        return 0.0

    def send(self, data: bytes) -> int:
        """Send or keep everything."""
        self.sendall(data)
        return len(data)

    def sendall(self, data: bytes) -> None:
        """Send or keep everything; raises OSError when the client has gone or is too slow."""
        rest = memoryview(data)
        if self.is_empty and not self.is_held:
            rest = rest[self._send(rest) :]
        if rest:
            self._keep(rest)

    def sendfile(self, file: IO[bytes], offset: int = 0, count: int = 0) -> int:
        """Send or keep a piece of a file, which may be closed afterwards."""
        part = _Part(os.dup(file.fileno()), offset, count)
        self._waiting.append(part)
        if not self.is_held:
            self.flush()
        return count

    def flush(self) -> None:
        """Send what the socket takes now; raises OSError when the client has gone."""
        while self._waiting:
            first = self._waiting[0]
            if isinstance(first, _Part):
                if not self._send_part(first):
                    return
            else:
                sent = self._send(first)
                self._size -= sent
                if sent < len(first):
                    self._waiting[0] = first[sent:]
                    return
            self._waiting.popleft()
        self._drop_spool()

    def close(self) -> None:
        """Forget what was not sent."""
        for part in self._waiting:
            if isinstance(part, _Part):
                part.close()
        self._waiting.clear()
        self._drop_spool()

    def _send(self, data: memoryview) -> int:
        total = 0
        with suppress(BlockingIOError):
            while total < len(data):
                total += self._socket.send(data[total:])
        self._sent += total
        return total

    def _send_part(self, part: _Part) -> bool:
        """Send a piece of a file as far as the socket takes it; tell whether that was all."""
        try:
            while part.count:
                sent = os.sendfile(self._socket.fileno(), part.descriptor, part.offset, part.count)
                if not sent:
                    raise ConnectionAbortedError("the file is shorter than it was")
                part.offset, part.count = part.offset + sent, part.count - sent
                self._sent += sent
        except BlockingIOError:
            return False
        part.close()
        return True

    def _keep(self, data: memoryview) -> None:
        if self._spool is None and self._size + len(data) <= IN_MEMORY:
            self._waiting.append(memoryview(bytes(data)))
            self._size += len(data)
            return
        if self._spool is not None and self._spool.tell() >= IN_FILE:
            self._wait_for_client()
        if self._spool is None:
            self._spool = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed once it was sent
        offset = self._spool.tell()
        self._spool.write(data)
        last = self._waiting[-1] if self._waiting else None
        if isinstance(last, _Part) and last.offset + last.count == offset:
            last.count += len(data)
        else:
            self._waiting.append(_Part(os.dup(self._spool.fileno()), offset, len(data)))

    def _wait_for_client(self) -> None:
        """Block until everything was sent; raises ClientTooSlow."""
        poll = select.poll()
        poll.register(self._socket, select.POLLOUT)
        started, before = time.monotonic(), self._sent
        while True:
            self.flush()
            if self.is_empty:
                return
            left = started + PATIENCE + (self._sent - before) / RATE_WHILE_A_THREAD_WAITS - time.monotonic()
            if left <= 0:
                raise ClientTooSlow("the client reads too slowly")
            poll.poll(left * 1000)

    def _drop_spool(self) -> None:
        if self._spool is not None:
            self._spool.close()
            self._spool = None
