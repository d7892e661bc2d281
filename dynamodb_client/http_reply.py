"""Reading an HTTP/1.1 reply from a socket: just what a DynamoDB endpoint sends."""

import socket
from typing import NamedTuple

_CHUNK = 65536
_MAX_HEAD = 65536


class ReplyError(Exception):
    """What came is not an HTTP reply, or it ended before its head did."""


class HttpReply(NamedTuple):
    """One reply; `keep_alive` says whether the connection can carry another request."""

    status: int
    headers: dict[str, str]
    body: bytes
    keep_alive: bool


class ReplyReader:
    """Reads the replies of one connection."""

    __slots__ = ("_buffer", "_sock")

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._buffer = b""

    def read(self) -> HttpReply:
        """Read one whole reply; raises ReplyError, OSError or TimeoutError.

        A body that ends early is returned as far as it came, as urllib3 does for botocore: an error
        reply keeps its status, and a cut JSON text is recognised as such by the reader of replies.
        """
        status, headers, persistent = self._head()
        while status == 100:
            status, headers, persistent = self._head()
        if status in (204, 304):
            return HttpReply(status, headers, b"", persistent and not self._buffer)
        encoding, length = headers.get("transfer-encoding"), headers.get("content-length")
        if encoding is not None and encoding.lower() == "chunked":
            body, complete = self._chunked(), True
        elif length is not None and length.isdecimal():
            body, complete = self._exactly(int(length))
        else:
            body, complete = self._until_end(), False
        return HttpReply(status, headers, body, persistent and complete and not self._buffer)

    def _head(self) -> tuple[int, dict[str, str], bool]:
        text = self._through(b"\r\n\r\n").decode("latin-1")
        first, *lines = text[:-4].split("\r\n")
        version, _, rest = first.partition(" ")
        code = rest[:3]
        if not version.startswith("HTTP/1.") or not code.isdecimal() or len(code) != 3:
            raise ReplyError(f"not a status line: {first[:80]!r}")
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        wish = headers.get("connection", "").lower()
        persistent = "close" not in wish if version == "HTTP/1.1" else "keep-alive" in wish
        return int(code), headers, persistent

    def _more(self) -> bool:
        data = self._sock.recv(_CHUNK)
        self._buffer = self._buffer + data if self._buffer else data
        return bool(data)

    def _through(self, mark: bytes) -> bytes:
        while (found := self._buffer.find(mark)) < 0:
            if len(self._buffer) > _MAX_HEAD:
                raise ReplyError("the head of the reply has no end")
            if not self._more():
                raise ReplyError("the connection was closed without a reply")
        end = found + len(mark)
        taken, self._buffer = self._buffer[:end], self._buffer[end:]
        return taken

    def _exactly(self, length: int) -> tuple[bytes, bool]:
        if len(self._buffer) >= length:
            taken, self._buffer = self._buffer[:length], self._buffer[length:]
            return taken, True
        parts, missing = [self._buffer], length - len(self._buffer)
        self._buffer = b""
        while missing:
            data = self._sock.recv(min(missing, _CHUNK))
            if not data:
                break
            parts.append(data)
            missing -= len(data)
        return b"".join(parts), not missing

    def _chunked(self) -> bytes:
        parts: list[bytes] = []
        while True:
            size_text = self._through(b"\r\n").split(b";", 1)[0].strip()
            try:
                size = int(size_text, 16)
            except ValueError:
                raise ReplyError(f"not the size of a chunk: {size_text[:20]!r}") from None
            if size == 0:
                while self._through(b"\r\n") != b"\r\n":
                    pass  # trailers carry nothing we use
                return b"".join(parts)
            data, complete = self._exactly(size)
            if not complete or self._through(b"\r\n") != b"\r\n":
                raise ReplyError("a chunk of the reply is incomplete")
            parts.append(data)

    def _until_end(self) -> bytes:
        while self._more():
            pass
        taken, self._buffer = self._buffer, b""
        return taken
