"""`python -m bench.slow_clients`: how long pages take while thousands of clients leave requests unfinished.

Starts the product with its demo, signs in an agent and asks for pages, first alone and then while clients of each
kind hold their sockets open: they send a header, or a body, a byte at a time, or say nothing, and come back when the
server closes. `--worker-class gthread` shows the same for gunicorn's own worker.
"""

import argparse
import os
import resource
import selectors
import socket
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

from bench.client import Client, WrongAnswer, sign_in
from local.ports import LOOPBACK
from local.seeded_browser import PASSWORD, instance
from portal.config.private_files import write_privately

HEAD = b"POST /login HTTP/1.1\r\nHost: desk\r\n"
KINDS = {
    "slow header": (HEAD, b"X"),
    "slow body": (HEAD + b"Content-Length: 400000\r\n\r\n", b"a"),
    "silent": (b"", b""),
}
PAGES = ("/desk/tickets/1", "/desk/new", "/desk/tickets/?state=open", "/healthz")
BYTE_EVERY = 5.0  # seconds
TARGET = 1.0  # seconds, of the 95th percentile


class SlowClients(threading.Thread):
    """Keeps so many sockets of each kind open until it is told to stop."""

    def __init__(self, port: int, count: int) -> None:
        super().__init__(daemon=True)
        self._port, self._count = port, count
        self._poller = selectors.DefaultSelector()
        self._kinds: dict[socket.socket, str] = {}
        self.stopping = threading.Event()
        self.complete = threading.Event()
        self.reopened = 0

    def run(self) -> None:
        """Open the sockets, then send bytes and replace what was closed."""
        for kind in KINDS:
            for _ in range(self._count):
                self._open(kind)
        self.complete.set()
        due = time.monotonic() + BYTE_EVERY
        while not self.stopping.is_set():
            for key, _ in self._poller.select(0.2):
                self._drain(key.fileobj)  # type: ignore[arg-type]  # only sockets are registered
            if time.monotonic() >= due:
                due = time.monotonic() + BYTE_EVERY
                for sock, kind in tuple(self._kinds.items()):
                    with suppress(OSError):
                        sock.send(KINDS[kind][1])
        for sock in self._kinds:
            sock.close()

    def _open(self, kind: str) -> None:
        sock = socket.create_connection((LOOPBACK, self._port), timeout=30)
        sock.sendall(KINDS[kind][0])
        sock.setblocking(False)
        self._kinds[sock] = kind
        self._poller.register(sock, selectors.EVENT_READ)

    def _drain(self, sock: socket.socket) -> None:
        with suppress(OSError):
            if sock.recv(4096):
                return
        self._poller.unregister(sock)
        kind = self._kinds.pop(sock)
        sock.close()
        self.reopened += 1
        with suppress(OSError):
            self._open(kind)


def measure(port: int, cookies: dict[str, str], seconds: float) -> list[float]:
    """Ask for pages on new connections for some seconds; return how long each took."""
    times: list[float] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for page in PAGES:
            client = Client(port, cookies)
            begun = time.monotonic()
            try:
                client.get(page)
            finally:
                client.close()
            times.append(time.monotonic() - begun)
    return times


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both measurements; 1 when the second one misses the target or a page did not come."""
    write_privately()
    parser = argparse.ArgumentParser(prog="python -m bench.slow_clients", description=__doc__)
    parser.add_argument("--sockets", type=int, default=2000, help="of each kind")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--worker-class", default="", help="another worker of gunicorn, such as gthread")
    options = parser.parse_args(arguments)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if options.worker_class:
        os.environ["GUNICORN_CMD_ARGS"] = f"--worker-class {options.worker_class}"
    with instance() as address:
        port = int(address.rpartition(":")[2])
        cookies = sign_in(port, "agent@demo.example", PASSWORD)
        tell("alone", measure(port, cookies, options.seconds))
        clients = SlowClients(port, options.sockets)
        clients.start()
        clients.complete.wait(120)
        try:
            times = measure(port, cookies, options.seconds)
        except (OSError, WrongAnswer) as error:
            print(f"no page came beside {len(KINDS)} x {options.sockets:,} slow clients: {error!r}")
            return 1
        finally:
            clients.stopping.set()
        p95 = tell(f"beside {len(KINDS)} x {options.sockets:,} slow clients", times)
        print(f"{clients.reopened:,} of the sockets were closed by the server and opened again")
    return 0 if p95 < TARGET else 1


def tell(what: str, times: list[float]) -> float:
    """Print and return the 95th percentile."""
    p95 = statistics.quantiles(times, n=20)[-1]
    print(
        f"{what}: {len(times)} pages, p50 {statistics.median(times) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms, ",
        end="",
    )
    print(f"slowest {max(times) * 1000:.0f} ms", flush=True)
    return p95


if __name__ == "__main__":
    sys.exit(main())
