"""gunicorn with the product's worker: what clients do slowly, wrongly or halfway stops nobody else."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from local.ports import free_port
from local.settings import ROOT
from portal.web.limits import MAX_REQUEST
from tests.local.processes import children, wait_until
from tests.patience import PATIENCE
from tests.portal.worker_app import LARGE, LINE

THREADS = 2
HEAD = b"POST /echo HTTP/1.1\r\nHost: desk\r\n"
UNFINISHED = {
    "nothing": b"",
    "half a line": b"GET /ec",
    "half a header": HEAD + b"X-Slow: ",
    "half a body": HEAD + b"Content-Length: 10\r\n\r\n12345",
    "half a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n123",
    "no last chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
}
STUCK = 3 * THREADS  # of each kind


class Server:
    """A running gunicorn with one worker process of two threads."""

    def __init__(self, folder: Path, limits: str, *arguments: str) -> None:
        self.port = free_port()
        self.log = folder / "log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [
                    sys.executable, "-m", "gunicorn", "tests.portal.worker_app:app", "--bind", f"127.0.0.1:{self.port}",
                    "--worker-class", "portal.web.buffered_worker.BufferedWorker", "--threads", str(THREADS),
                    "--config", "python:tests.portal.worker_app", "--no-control-socket", "--graceful-timeout", "20",
                    *arguments,
                ],
                cwd=ROOT, env={**os.environ, "WORKER_TEST": limits}, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
        wait_until(lambda: self.process.poll() is not None or b"Booting worker" in self.log.read_bytes())
        assert self.get("/echo?add=up")[1] == b"up", self.log.read_text()

    def connect(self, sent: bytes = b"") -> socket.socket:
        """Open a connection and send something."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        connection.sendall(sent)
        return connection

    def get(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[int, bytes]:
        """Send a request on a connection of its own."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            client.request(method, path, body, headers)
            answer = client.getresponse()
            return answer.status, answer.read()
        finally:
            client.close()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(PATIENCE)


def everything(connection: socket.socket) -> bytes:
    """Read until the other side closes."""
    received = b""
    while data := connection.recv(65536):
        received += data
    return received


def is_open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) != b""
    except BlockingIOError:
        return True
    except ConnectionResetError:
        return False
    finally:
        connection.settimeout(PATIENCE)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("server"), "")
    yield running
    assert running.stop() == 0
    assert running.log.read_text().count("Traceback") <= 1, "of the response that breaks off"


@pytest.fixture
def started(tmp_path):
    """Return a function that starts a server with other limits."""
    running = []

    def start(limits, *arguments):
        running.append(Server(tmp_path, limits, *arguments))
        return running[-1]

    yield start
    for each in running:
        if each.process.poll() is None:
            each.stop()


@contextmanager
def many(server, sent, count=STUCK):
    with ExitStack() as opened:
        yield [opened.enter_context(server.connect(sent)) for _ in range(count)]


@pytest.mark.parametrize("kind", UNFINISHED)
def test_more_unfinished_requests_than_threads_stop_nobody(server, kind):
    with many(server, UNFINISHED[kind]) as stuck:
        for number in range(4):
            assert server.get(f"/echo?add={number}") == (200, str(number).encode())
        assert all(map(is_open, stuck))


@pytest.mark.parametrize("path", ["/large", "/file"])
def test_more_clients_that_read_nothing_than_threads_stop_nobody(server, path):
    with many(server, f"GET {path} HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n\r\n".encode()) as readers:
        for number in range(4):
            assert server.get(f"/echo?add={number}") == (200, str(number).encode())
        for reader in readers:  # and each gets everything once it reads
            head, _, body = everything(reader).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK")
            assert body == LINE * (LARGE // len(LINE))


def test_unfinished_requests_are_answered_once_they_are_finished(server):
    rests = {"half a body": b"67890", "half a chunk": b"45\r\n0\r\n\r\n", "no last chunk": b"0\r\n\r\n"}
    for kind, rest in rests.items():
        with server.connect(UNFINISHED[kind]) as client:
            client.sendall(rest[:1])
            client.sendall(rest[1:])
            answer = http.client.HTTPResponse(client)
            answer.begin()
            assert (answer.status, answer.read()) == (
                200,
                b"1234567890"[: 10 if kind == "half a body" else 5],
            )


def test_after_its_time_an_unfinished_request_is_answered_with_408(started):
    server = started("HEAD_SECONDS=0.2,BODY_SECONDS=0.2,CHECK_SECONDS=0.1", "--keep-alive", "1")
    with ExitStack() as opened:
        clients = {kind: opened.enter_context(server.connect(sent)) for kind, sent in UNFINISHED.items()}
        for kind, client in clients.items():
            answer = everything(client)
            assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n") is (
                kind != "nothing"
            )
            assert bool(answer) is (kind != "nothing"), "who says nothing hears nothing"


def test_a_client_that_reads_too_slowly_is_cut_off(started):
    server = started("CHECK_SECONDS=0.1,PATIENCE=0.2")
    with server.connect(b"GET /large HTTP/1.1\r\nHost: desk\r\n\r\n") as client:
        assert client.recv(10)
        wait_until(lambda: not has_clients(server))
        assert len(everything_until_reset(client)) < LARGE


def has_clients(server) -> bool:
    """Tell whether a connection of a client is open in the worker."""
    own = f":{server.port:04X} "
    lines = Path("/proc/net/tcp").read_text().splitlines()
    return any(line.split()[1].endswith(own.strip()) and line.split()[3] == "01" for line in lines[1:])


def everything_until_reset(client) -> bytes:
    received = b""
    try:
        while data := client.recv(65536):
            received += data
    except ConnectionResetError:
        pass
    return received


def test_pipelined_requests_are_answered_in_order_on_one_connection(server):
    last = b"GET /echo?add=20! HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n\r\n"
    several = [b"GET /echo?add=%d! HTTP/1.1\r\nHost: desk\r\n\r\n" % number for number in range(20)]
    with server.connect(b"".join([*several, last])) as client:
        bodies = re.findall(rb"\r\n\r\n(\d+)!", everything(client))
    assert bodies == [str(number).encode() for number in range(21)]


def test_a_connection_stays_open_between_requests(server):
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    client.request("POST", "/unread", b"a body that nobody reads")
    assert client.getresponse().read() == b"ok"
    used = client.sock
    client.request("POST", "/echo", b"again")
    assert client.getresponse().read() == b"again"
    assert client.sock is used
    client.request("HEAD", "/echo?add=more")
    answer = client.getresponse()
    assert (answer.status, answer.getheader("Content-Length"), answer.read()) == (200, "4", b"")
    client.request("GET", "/echo", headers={"Connection": "close"})
    assert client.getresponse().getheader("Connection") == "close"
    client.close()


def test_a_client_that_waits_for_permission_gets_it_before_its_body(server):
    with server.connect(HEAD + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n") as client:
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"hello")
        answer = http.client.HTTPResponse(client)
        answer.begin()
        assert answer.read() == b"hello"
    with server.connect(HEAD + b"Content-Length: 99999999\r\nExpect: 100-continue\r\n\r\n") as client:
        assert client.recv(100).startswith(b"HTTP/1.1 200 OK"), "the application decides what is too large"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\n\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET /" + b"a" * 40000, 414),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 9000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 40000, 431),
        (HEAD + b"Expect: coffee\r\n\r\n", 417),
        (HEAD + b"Transfer-Encoding: brotli\r\n\r\n", 501),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffff\r\n" + b"a" * (MAX_REQUEST + 80_000), 413),
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused_and_the_connection_closed(server, sent, status):
    with server.connect(sent) as client:
        assert everything(client).startswith(f"HTTP/1.1 {status} ".encode())


def test_an_error_in_the_middle_of_a_response_ends_its_connection_alone(server):
    with server.connect(b"GET /broken HTTP/1.1\r\nHost: desk\r\n\r\n") as client:
        assert everything(client).endswith(b"\r\n\r\n12")
    assert server.get("/echo?add=fine") == (200, b"fine")


def test_where_there_are_too_many_connections_the_oldest_makes_room(started):
    server = started("", "--worker-connections", "20")
    with many(server, b"", 20) as silent:
        assert all(map(is_open, silent))
        with many(server, UNFINISHED["half a body"], 5):
            assert server.get("/echo?add=me") == (200, b"me")
            wait_until(lambda: not any(map(is_open, silent[:6])))
            assert all(map(is_open, silent[6:]))


def test_where_unfinished_requests_take_too_much_memory_the_oldest_makes_room(started):
    server = started("BUDGET=1000000")
    part = HEAD + b"Content-Length: 500000\r\n\r\n" + b"a" * 300_000
    with many(server, part, 4) as unfinished:
        wait_until(lambda: not is_open(unfinished[0]))
        unfinished[-1].sendall(b"a" * 200_000)
        assert unfinished[-1].recv(12) == b"HTTP/1.1 200"


def test_at_the_end_what_has_begun_is_finished(started):
    server = started("")
    with server.connect(UNFINISHED["half a body"]) as client, server.connect() as silent:
        client.sendall(b"67")
        assert server.get("/echo?add=accepted")[1] == b"accepted", "and so are those before it"
        (worker,) = children(server.process.pid)
        server.process.terminate()
        assert silent.recv(1) == b"", "an idle connection is closed"
        client.sendall(b"890")
        assert everything(client).endswith(b"\r\n\r\n1234567890")
    assert server.process.wait(PATIENCE) == 0
    assert worker not in children(os.getpid())


def test_a_worker_that_is_killed_is_replaced(started):
    server = started("")
    (worker,) = children(server.process.pid)
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: children(server.process.pid) not in ([worker], []))
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            assert server.get("/echo?add=back") == (200, b"back")
            return
        except OSError:
            assert time.monotonic() < deadline
