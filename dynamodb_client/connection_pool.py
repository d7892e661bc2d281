"""Own keep-alive connections for plain-HTTP endpoints and Unix sockets, in place of urllib3 (which stays for TLS).

A request is written once and never repeated here: a failure becomes the botocore exception that urllib3's
failure would have become, and botocore's retry policy decides. An idle connection is used again only while
nothing can be read from it: a readable one has been closed by the other side.
"""

import select
import socket
from collections import deque
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
)

from dynamodb_client.http_response import HttpResponse, HttpResponseError, ResponseReader
from dynamodb_client.options import ConnectionOptions
from dynamodb_client.unix_socket import open_connection


class _PooledConnection:
    """One open connection."""

    __slots__ = ("_poll", "reader", "sock")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.reader = ResponseReader(sock)
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)

    def usable(self) -> bool:
        """Tell whether an idle connection is still open and quiet."""
        return not self._poll.poll(0)


class _RawBody:
    """A response's body in the shape that AWSResponse reads from."""

    __slots__ = ("_content",)

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> tuple[bytes, ...]:
        """Return the body's chunks."""
        return (self._content,)


class ConnectionPool:
    """Sends botocore's requests to one plain-HTTP endpoint; safe to share between threads."""

    def __init__(self, options: ConnectionOptions) -> None:
        self._idle: deque[_PooledConnection] = deque()
        self._size = options.pool_size
        self._socket_path = options.socket_path
        parts = urlsplit(options.url or "")
        self._address = (parts.hostname or "localhost", parts.port or 80)
        # As urllib3 writes it: the port only where it is not the scheme's own.
        host = f"[{self._address[0]}]" if ":" in self._address[0] else self._address[0]
        port = "" if self._address[1] == 80 else f":{self._address[1]}"
        self._fixed_headers = f"Host: {host}{port}\r\nAccept-Encoding: identity\r\n"
        self._connect_timeout = options.connect_timeout
        self._read_timeout = options.read_timeout

    def send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        """Send one request and read its response (botocore's before-send event)."""
        connection = self._take(request.url)
        reusable = False
        try:
            response = self._exchange(connection, request)
            reusable = response.keep_alive
        finally:
            # Also on an exception from outside, such as a worker's shutdown: a connection with a
            # response still under way must never be handed out again.
            if reusable and len(self._idle) < self._size:
                self._idle.append(connection)
            else:
                connection.sock.close()
        return AWSResponse(request.url, response.status, response.headers, _RawBody(response.body))

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().sock.close()

    def __del__(self) -> None:
        """Close the idle connections of a pool that is dropped, as the child of a fork does."""
        self.close()

    def _take(self, url: str) -> _PooledConnection:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return self._open(url)
            if connection.usable():
                return connection
            connection.sock.close()

    def _open(self, url: str) -> _PooledConnection:
        try:
            if self._socket_path is not None:
                sock = open_connection(self._socket_path, self._connect_timeout)
            else:
                sock = socket.create_connection(self._address, timeout=self._connect_timeout)
        except TimeoutError as error:
            raise ConnectTimeoutError(endpoint_url=url, error=error) from error
        except OSError as error:
            raise EndpointConnectionError(endpoint_url=url, error=error) from error
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _PooledConnection(sock)

    def _exchange(self, connection: _PooledConnection, request: AWSPreparedRequest) -> HttpResponse:
        url = request.url
        try:
            self._write(connection.sock, request)
        except OSError as error:
            raise ConnectionClosedError(endpoint_url=url, request=request, error=error) from error
        try:
            return connection.reader.read()
        except TimeoutError as error:
            raise ReadTimeoutError(endpoint_url=url, error=error) from error
        except (OSError, HttpResponseError) as error:
            raise ConnectionClosedError(endpoint_url=url, request=request, error=error) from error
        except Exception as error:
            raise HTTPClientError(error=error) from error

    def _write(self, sock: socket.socket, request: AWSPreparedRequest) -> None:
        timeout = (request.context or {}).get("read_timeout")
        sock.settimeout(self._read_timeout if timeout is None else timeout)
        try:
            sock.sendall(self._encode(request))
        except (BrokenPipeError, ConnectionResetError):
            # The other side has stopped reading, but it may have answered first: reading will tell.
            return

    def _encode(self, request: AWSPreparedRequest) -> bytes:
        path = urlsplit(request.url).path or "/"
        lines = [f"{request.method} {path} HTTP/1.1\r\n", self._fixed_headers]
        for name, value in request.headers.items():
            text = value.decode("latin-1") if isinstance(value, bytes) else value
            if "\n" in text or "\r" in text:
                raise HTTPClientError(error=ValueError(f"line break in the header {name}"))
            lines.append(f"{name}: {text}\r\n")
        lines.append("\r\n")
        body = request.body or b""
        return "".join(lines).encode("latin-1") + (body.encode() if isinstance(body, str) else body)
