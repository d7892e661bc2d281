"""The way to an engine behind a Unix socket, which hands each client a connection to the engine.

Where the socket lies decides who reaches the engine, and what arrives there is a TCP connection like any other, so that
requests cost nothing more.
"""

import os
import socket

from botocore.awsrequest import AWSHTTPConnection, AWSHTTPConnectionPool
from botocore.client import BaseClient
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError


def open_connection(path: str, timeout: float) -> socket.socket:
    """Ask for a connection to the engine; raises OSError, and TimeoutError after so many seconds."""
    folder, name = os.path.split(path)
    # By way of the open folder: the address of a Unix socket has room for 107 bytes.
    opened = os.open(folder or ".", os.O_PATH | os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX) as asking:
            asking.settimeout(timeout)
            asking.connect(f"/proc/self/fd/{opened}/{name}")
            _, received, _, _ = socket.recv_fds(asking, 1, 1)
    finally:
        os.close(opened)
    if not received:
        raise ConnectionRefusedError(f"no connection was handed over at {path}")
    connection = socket.socket(fileno=received[0])
    connection.settimeout(timeout)
    return connection


def install(client: BaseClient, path: str) -> None:
    """Let a stock client, whose requests urllib3 sends, reach the engine behind a Unix socket."""

    class Connection(AWSHTTPConnection):  # type: ignore[misc]  # botocore is untyped
        def _new_conn(self) -> socket.socket:
            try:
                return open_connection(path, self.timeout)
            except TimeoutError as error:
                raise ConnectTimeoutError(self, f"no connection within {self.timeout} seconds") from error
            except OSError as error:
                raise NewConnectionError(self, str(error)) from error

    class Pool(AWSHTTPConnectionPool):  # type: ignore[misc]  # botocore is untyped
        ConnectionCls = Connection

    client._endpoint.http_session._manager.pool_classes_by_scheme = {"http": Pool}
