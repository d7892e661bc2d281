"""A load balancer small enough for a test: passes connections on to the current server."""

import socket
import threading
from contextlib import suppress


class Balancer:
    """Listens on loopback; `port_served` is where new connections go, open ones stay where they are."""

    def __init__(self, port_served: int) -> None:
        self.port_served = port_served
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        self.connections += 1
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self.port_served)) as server:
            back = threading.Thread(target=_pass_on, args=(server, client), daemon=True)
            back.start()
            _pass_on(client, server)
            back.join()

    def close(self) -> None:
        """Stop listening; connections end when one of their ends does."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    """Copy bytes in one direction until it is closed, then close it at the other end."""
    with suppress(OSError):
        while piece := one.recv(65536):
            other.sendall(piece)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)
