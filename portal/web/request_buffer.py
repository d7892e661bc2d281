"""A request as far as it has arrived: gunicorn's own parser reads it, and never waits for a socket."""

import io
import re
from collections.abc import Callable
from typing import Any

from gunicorn.http.body import ChunkedReader, LengthReader
from gunicorn.http.errors import NoMoreData, ParseException
from gunicorn.http.message import Request
from gunicorn.http.unreader import Unreader

MAX_HEAD = 32 * 1024
_END = b"\r\n\r\n"
_SIZE = re.compile(rb"[0-9a-fA-F]{1,15}")


class HeadTooLarge(Exception):
    """The request line or the header goes on and on; `in_line` tells that not even the line has ended."""

    def __init__(self, *, in_line: bool) -> None:
        super().__init__("the request line is too long" if in_line else "the header is too large")
        self.in_line = in_line


class BodyTooLarge(Exception):
    """A body that did not announce its length is larger than any request may be."""


class RequestBuffer:
    """Collects what a connection sends and tells when a request is complete.

    `request` is gunicorn's, from the moment its header is complete. What follows a request stays for the next one.
    """

    def __init__(self, config: Any, client: Any, max_body: int) -> None:
        """Prepare for the first request of a connection."""
        self._config, self._client, self._max_body = config, client, max_body
        self._head = bytearray()
        self._reader = _Received()
        self._missing: Callable[[bytes], bool] | None = None
        self._count = 0
        self.request: Request | None = None
        self.is_cut = False

    @property
    def size(self) -> int:
        """Return how many bytes are held."""
        return len(self._head) + self._reader.size

    @property
    def wants_body(self) -> bool:
        """Tell whether the client waits for permission to send its body."""
        return self.request is not None and bool(self.request._expected_100_continue)

    def feed(self, data: bytes) -> bool:
        """Take what has arrived, and tell whether the request is complete.

        Raises HeadTooLarge, BodyTooLarge, and gunicorn's errors for what is no request.
        """
        if self.request is None:
            return self._feed_head(data)
        self._reader.append(data)
        return self._has_body(data)

    def _feed_head(self, data: bytes) -> bool:
        seen = len(self._head)
        self._head += data
        end = self._head.find(_END, max(0, seen - len(_END) + 1))
        if end < 0 and not _has_bare_line_feed(self._head, seen):
            if len(self._head) > MAX_HEAD:
                raise HeadTooLarge(in_line=b"\r\n" not in self._head)
            return False
        if end > MAX_HEAD:
            raise HeadTooLarge(in_line=False)
        self._reader.append(bytes(self._head))
        self._head.clear()
        self._count += 1
        self.request = Request(self._config, self._reader, self._client, self._count)
        return self._begin_body(self.request.body.reader)

    def _begin_body(self, reader: LengthReader | ChunkedReader) -> bool:
        if isinstance(reader, ChunkedReader):
            self._missing = ChunkScanner().feed
            return self._has_body(self._reader.peek())
        length = reader.length
        if length > self._max_body:
            self.is_cut = True  # the application refuses it by its announced length
            return True
        self._missing = lambda _: self._reader.size >= length
        return self._has_body(b"")

    def _has_body(self, data: bytes) -> bool:
        assert self._missing is not None  # noqa: S101 - set with the request
        if self._missing(data):
            return True
        if self._reader.size > self._max_body:
            raise BodyTooLarge
        return False

    def next(self) -> bool:
        """Forget the request that was answered; tell whether what followed it is a complete one.

        Raises what `feed` raises, and NoMoreData where it is not known how the answered one ends.
        """
        assert self.request is not None  # noqa: S101 - there was an answer to it
        try:
            while self.request.body.read(self._max_body):
                pass
        except (OSError, ParseException) as error:
            raise NoMoreData from error
        if self.is_cut or self.request.body.failed:
            raise NoMoreData
        self.request = self._missing = None
        rest = self._reader.take_buffered()
        return bool(rest) and self._feed_head(rest)


class ChunkScanner:
    """Finds the end of a chunked body; what it cannot read counts as the end, since the parser refuses it."""

    MAX_LINE = 16 * 1024

    def __init__(self) -> None:
        self._line = bytearray()
        self._skip = 0
        self._in_trailer = False

    def feed(self, data: bytes) -> bool:
        """Take the next bytes and tell whether the body has ended in them."""
        place = 0
        while place < len(data):
            if self._skip:
                step = min(self._skip, len(data) - place)
                self._skip -= step
                place += step
                continue
            end = data.find(b"\n", place) + 1
            self._line += data[place : end or len(data)]
            if not end:
                return len(self._line) > self.MAX_LINE
            place = end
            line = bytes(self._line).strip()
            self._line.clear()
            if self._in_trailer:
                if not line:
                    return True
            elif not self._begin_chunk(line):
                return True
        return False

    def _begin_chunk(self, line: bytes) -> bool:
        digits = line.partition(b";")[0].strip()
        if not _SIZE.fullmatch(digits):
            return False
        size = int(digits, 16)
        self._skip = size + 2 if size else 0  # with the line break behind it
        self._in_trailer = size == 0
        return True


class _Received(Unreader):  # type: ignore[misc]  # gunicorn is untyped
    """What gunicorn's parser reads from: memory, whose end is the end of the connection."""

    @property
    def size(self) -> int:
        """Return how many bytes are left."""
        return len(self.buf.getbuffer())

    def append(self, data: bytes) -> None:
        """Add what has arrived."""
        self.buf.seek(0, io.SEEK_END)
        self.buf.write(data)

    def peek(self) -> bytes:
        """Return what is left without taking it."""
        left: bytes = self.buf.getvalue()
        return left

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Return nothing: all there is was appended."""
        del size_hint
        return b""


def _has_bare_line_feed(head: bytearray, seen: int) -> bool:
    """Tell whether a line that was not seen before ends without CR, which the parser refuses at once."""
    return head.count(b"\n", seen) != head.count(b"\r\n", max(0, seen - 1))
