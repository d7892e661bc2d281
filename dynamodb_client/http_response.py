"""Reading an HTTP/1.1 response from a socket: just what a DynamoDB endpoint sends."""

import socket
from typing import NamedTuple

_CHUNK = 65536
_MAX_HEAD = 65536


class HttpResponseError(Exception):
    """What arrived is no HTTP response, or it ended within its head."""


class HttpResponse(NamedTuple):
    """One response; `keep_alive` says whether the connection can carry another request."""

    status: int
    headers: dict[str, str]
    body: bytes
    keep_alive: bool


class ResponseReader:
    """Reads the responses of one connection."""

    __slots__ = ("_buffer", "_sock")

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._buffer = b""

    def read(self) -> HttpResponse:
        """Read one whole response; raises HttpResponseError, OSError or TimeoutError.

        A body that ends early is returned as far as it arrived, as urllib3 does for botocore: an error
        response keeps its status, and response_parser recognises a cut JSON text.
        """
        status, headers, persistent = self._read_head()
        while status == 100:
            status, headers, persistent = self._read_head()
        if status in (204, 304):
            return HttpResponse(status, headers, b"", persistent and not self._buffer)
        encoding, length = headers.get("transfer-encoding"), headers.get("content-length")
        if encoding is not None and encoding.lower() == "chunked":
            body, complete = self._read_chunked(), True
        elif length is not None and length.isdecimal():
            body, complete = self._read_exactly(int(length))
        else:
            body, complete = self._read_until_end(), False
        return HttpResponse(status, headers, body, persistent and complete and not self._buffer)

    def _read_head(self) -> tuple[int, dict[str, str], bool]:
        text = self._read_through(b"\r\n\r\n").decode("latin-1")
        first, *lines = text[:-4].split("\r\n")
        version, _, rest = first.partition(" ")
        code = rest[:3]
        if not version.startswith("HTTP/1.") or not code.isdecimal() or len(code) != 3:
            raise HttpResponseError(f"not a status line: {first[:80]!r}")
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        connection = headers.get("connection", "").lower()
        persistent = "close" not in connection if version == "HTTP/1.1" else "keep-alive" in connection
        return int(code), headers, persistent

    def _receive(self) -> bool:
        data = self._sock.recv(_CHUNK)
        self._buffer = self._buffer + data if self._buffer else data
        return bool(data)

    def _read_through(self, delimiter: bytes) -> bytes:
        while (position := self._buffer.find(delimiter)) < 0:
            if len(self._buffer) > _MAX_HEAD:
                raise HttpResponseError("the head of the response has no end")
            if not self._receive():
                raise HttpResponseError("the connection was closed without a response")
        end = position + len(delimiter)
        taken, self._buffer = self._buffer[:end], self._buffer[end:]
        return taken

    def _read_exactly(self, length: int) -> tuple[bytes, bool]:
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

    def _read_chunked(self) -> bytes:
        parts: list[bytes] = []
        while True:
            size_text = self._read_through(b"\r\n").split(b";", 1)[0].strip()
            try:
                size = int(size_text, 16)
            except ValueError:
                raise HttpResponseError(f"not the size of a chunk: {size_text[:20]!r}") from None
            if size == 0:
                while self._read_through(b"\r\n") != b"\r\n":
                    pass  # trailers are not used
                return b"".join(parts)
            data, complete = self._read_exactly(size)
            if not complete or self._read_through(b"\r\n") != b"\r\n":
                raise HttpResponseError("a chunk of the response is incomplete")
            parts.append(data)

    def _read_until_end(self) -> bytes:
        while self._receive():
            pass
        taken, self._buffer = self._buffer, b""
        return taken
