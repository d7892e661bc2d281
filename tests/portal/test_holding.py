"""Answers are held until something happens, without a thread that waits, and each of them is sent in the end."""

import http.client
from contextlib import ExitStack

import pytest

from tests.patience import PATIENCE
from tests.portal.test_buffered_worker import STUCK, Server, is_open

FOR_LONG = b"GET /hold?seconds=1000 HTTP/1.1\r\nHost: desk\r\n\r\n"
BRIEFLY = b"GET /hold?seconds=0.3 HTTP/1.1\r\nHost: desk\r\n\r\n"


@pytest.fixture
def server(tmp_path):
    running = Server(tmp_path, "CHECK_SECONDS=0.05")
    yield running
    if running.process.poll() is None:
        assert running.stop() == 0
    assert "Traceback" not in running.log.read_text()


def answer_on(connection):
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    return answer.status, answer.read()


def test_more_requests_than_threads_wait_and_all_learn_what_happens(server):
    with ExitStack() as opened:
        waiting = [opened.enter_context(server.connect(FOR_LONG)) for _ in range(STUCK)]
        assert server.get("/echo?add=1") == (200, b"1")
        assert all(map(is_open, waiting))
        assert server.get("/happen")[0] == 200
        assert [answer_on(each) for each in waiting] == [(200, b"1")] * STUCK


def test_when_the_time_is_up_the_answer_is_sent_and_the_connection_goes_on(server):
    with server.connect(BRIEFLY) as client:
        assert answer_on(client) == (200, b"0")
        client.sendall(b"GET /echo?add=5 HTTP/1.1\r\nHost: desk\r\n\r\n")
        assert answer_on(client) == (200, b"5")


def test_what_a_client_sends_while_it_waits_is_answered_afterwards(server):
    with server.connect(BRIEFLY + b"GET /echo?add=5 HTTP/1.1\r\nHost: desk\r\n\r\n") as client:
        assert [answer_on(client), answer_on(client)] == [(200, b"0"), (200, b"5")]
    with server.connect(BRIEFLY) as client:
        client.sendall(b"GET /echo?add=5 HTTP/1.1\r\nHost: desk\r\n\r\n")
        assert [answer_on(client), answer_on(client)] == [(200, b"0"), (200, b"5")]


def test_a_client_that_leaves_is_forgotten(server):
    with server.connect(FOR_LONG):
        pass
    assert server.get("/happen")[0] == 200
    assert server.get("/echo?add=1") == (200, b"1")


def test_a_server_that_stops_sends_what_it_holds(server):
    with server.connect(FOR_LONG) as client:
        assert server.get("/echo?add=1") == (200, b"1")
        server.process.terminate()
        assert answer_on(client) == (200, b"0")
        assert server.process.wait(PATIENCE) == 0
