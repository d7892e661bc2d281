"""A small application for the tests of the worker: `WORKER_TEST` in its environment changes the worker's limits."""

import os
import tempfile
from collections.abc import Iterable
from urllib.parse import parse_qs

from portal.web import buffered_worker
from portal.web.holding import Arrivals

LARGE = 6_000_000  # bytes, more than a socket takes and more than stays in memory
LINE = b"0123456789abcde\n"

for pair in filter(None, os.environ.get("WORKER_TEST", "").split(",")):
    name, _, value = pair.partition("=")
    assert hasattr(buffered_worker, name), name
    setattr(buffered_worker, name, float(value))


HAPPENED: list[int] = []
ARRIVALS = Arrivals(lambda: len(HAPPENED))


def app(environ, start_response) -> Iterable[bytes]:
    """Return the body it was sent, a large text, or a large file."""
    path, query = environ["PATH_INFO"], parse_qs(environ["QUERY_STRING"])
    if path == "/large":
        start_response("200 OK", [("Content-Length", str(LARGE))])
        return (LINE * 1000 for _ in range(LARGE // len(LINE) // 1000))
    if path == "/file":
        file = tempfile.TemporaryFile()  # noqa: SIM115 - gunicorn closes it
        file.write(LINE * (LARGE // len(LINE)))
        file.seek(0)
        start_response("200 OK", [("Content-Length", str(LARGE))])
        return environ["wsgi.file_wrapper"](file)
    if path in ("/hold", "/happen"):
        return holding(environ, start_response, path, query)
    if path == "/unread":
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]
    if path == "/broken":
        start_response("200 OK", [("Content-Length", "5")])
        return breaking()
    body = environ["wsgi.input"].read() + "".join(query.get("add", [])).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def holding(environ, start_response, path: str, query) -> Iterable[bytes]:
    """Answer once something has happened, or let it happen."""
    if path == "/happen":
        HAPPENED.append(1)
        ARRIVALS.number += 1
    elif not HAPPENED:
        number, seconds = ARRIVALS.number, float(query["seconds"][0])
        environ["gunicorn.socket"].hold(seconds, lambda: ARRIVALS.number != number)
    body = str(len(HAPPENED)).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def breaking() -> Iterable[bytes]:
    """Fail in the middle of a response."""
    yield b"12"
    raise RuntimeError("in the middle")
