"""A DynamoDB endpoint that misbehaves on demand."""

import json
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Responder = Callable[[socket.socket], bool]


def reply(
    status: int = 200,
    body: Any = None,
    *,
    headers: dict[str, str] | None = None,
    length: int | None = None,
    cut: int | None = None,
    keep: bool = True,
    crc: int | None = None,
) -> Responder:
    """Answer with a body (JSON, or bytes as they are); `length` lies about it, `cut` sends only a part."""
    content = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()

    def respond(conn: socket.socket) -> bool:
        lines = {
            "x-amzn-requestid": "r-1",
            "content-type": "application/x-amz-json-1.0",
            "content-length": str(len(content) if length is None else length),
            "x-amz-crc32": str(zlib.crc32(content) if crc is None else crc),
            **(headers or {}),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        conn.sendall(f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + content[:cut])
        return keep and cut is None

    return respond


def raw(data: bytes, *, keep: bool = False, pause: float = 0) -> Responder:
    """Answer with bytes as they are, in two halves when there is a pause."""

    def respond(conn: socket.socket) -> bool:
        half = len(data) // 2 if pause else len(data)
        conn.sendall(data[:half])
        time.sleep(pause)
        conn.sendall(data[half:])
        return keep

    return respond


def reset(before: bytes = b"") -> Responder:
    """Send something, then break the connection."""

    def respond(conn: socket.socket) -> bool:
        if before:
            conn.sendall(before)
            time.sleep(0.05)  # so that it arrives ahead of the reset
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    return respond


def close(conn: socket.socket) -> bool:
    """Close the connection without a response."""
    return False


def silence(seconds: float) -> Responder:
    """Send nothing for a while, then close."""

    def respond(conn: socket.socket) -> bool:
        time.sleep(seconds)
        return False

    return respond


@dataclass
class FaultyServer:
    """Answers each request with the next responder of its script; the last one stays."""

    port: int = 0
    script: list[Responder] = field(default_factory=list)
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    connections: int = 0
    latest: dict[int, bytes] = field(default_factory=dict)  # the body last sent over each connection

    @classmethod
    def start(cls, listener: socket.socket, *script: Responder) -> "FaultyServer":
        """Answer on a listening socket until it is closed."""
        server = cls(port=listener.getsockname()[1], script=list(script))
        threading.Thread(target=server.serve, args=(listener,), daemon=True).start()
        return server

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def respond_with(self, *responders: Responder) -> None:
        """Set the script and forget the requests seen."""
        self.script, self.requests, self.connections = list(responders), [], 0

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                conn, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(conn,), daemon=True).start()

    def _talk(self, conn: socket.socket) -> None:
        with conn, conn.makefile("rb") as lines:
            try:
                while self._one(conn, lines):
                    pass
            except OSError:
                return

    def _one(self, conn: socket.socket, lines: Any) -> bool:
        if not lines.readline():
            return False
        headers = {}
        while (line := lines.readline().decode().strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = lines.read(int(headers.get("content-length", 0)))
        self.requests.append((headers, body))
        self.latest[conn.fileno()] = body
        responder = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return responder(conn)
