"""Own keep-alive connections for plain-HTTP endpoints and Unix sockets, in place of urllib3 (which stays for TLS).

A request is written once and never repeated here: a failure becomes the botocore exception that urllib3's
failure would have become, and botocore's retry policy decides. An idle connection is used again only while
nothing can be read from it: a readable one has been closed by the other side.
"""

import select
import socket
from collections import deque
from urllib.parse import urlsplit

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


class ConnectionPool:
    """Sends requests to one plain-HTTP endpoint; safe to share between threads."""

    def __init__(self, options: ConnectionOptions) -> None:
        self._idle: deque[_PooledConnection] = deque()
        self._size = options.pool_size
        self._socket_path = options.socket_path
        parts = urlsplit(options.url or "")
        self._address = (parts.hostname or "localhost", parts.port or 80)
        # As urllib3 writes it: the port only where it is not the scheme's own.
        host = f"[{self._address[0]}]" if ":" in self._address[0] else self._address[0]
        self.host = host if self._address[1] == 80 else f"{host}:{self._address[1]}"
        self._url = f"http://{self.host}/"
        self._connect_timeout = options.connect_timeout
        self._read_timeout = options.read_timeout

    def send(self, message: bytes) -> HttpResponse:
        """Send one request and read its response; raises the botocore exception for what goes wrong."""
        connection = self._take()
        reusable = False
        try:
            response = self._exchange(connection, message)
            reusable = response.keep_alive
        finally:
            # Also on an exception from outside, such as a worker's shutdown: a connection with a
            # response still under way must never be handed out again.
            if reusable and len(self._idle) < self._size:
                self._idle.append(connection)
            else:
                connection.sock.close()
        return response

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().sock.close()

    def __del__(self) -> None:
        """Close the idle connections of a pool that is dropped, as the child of a fork does."""
        self.close()

    def _take(self) -> _PooledConnection:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return self._open()
            if connection.usable():
                return connection
            connection.sock.close()

    def _open(self) -> _PooledConnection:
        try:
            if self._socket_path is not None:
                sock = open_connection(self._socket_path, self._connect_timeout)
            else:
                sock = socket.create_connection(self._address, timeout=self._connect_timeout)
        except TimeoutError as error:
            raise ConnectTimeoutError(endpoint_url=self._url, error=error) from error
        except OSError as error:
            raise EndpointConnectionError(endpoint_url=self._url, error=error) from error
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(self._read_timeout)
        return _PooledConnection(sock)

    def _exchange(self, connection: _PooledConnection, message: bytes) -> HttpResponse:
        try:
            connection.sock.sendall(message)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the other side has stopped reading, but it may have answered first: reading will tell
        except OSError as error:
            raise ConnectionClosedError(endpoint_url=self._url, error=error) from error
        try:
            return connection.reader.read()
        except TimeoutError as error:
            raise ReadTimeoutError(endpoint_url=self._url, error=error) from error
        except (OSError, HttpResponseError) as error:
            raise ConnectionClosedError(endpoint_url=self._url, error=error) from error
        except Exception as error:
            raise HTTPClientError(error=error) from error
