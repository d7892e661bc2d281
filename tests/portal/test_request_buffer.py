"""A request is complete when gunicorn's parser can read it without waiting, however it arrived."""

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import NoMoreData, ParseException
from hypothesis import given
from hypothesis import strategies as st

from portal.web.request_buffer import MAX_HEAD, BodyTooLarge, HeadTooLarge, RequestBuffer

MAX_BODY = 10_000
GET = b"GET /a HTTP/1.1\r\nHost: desk\r\n\r\n"
POST = b"POST /b HTTP/1.1\r\nHost: desk\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"POST /c HTTP/1.1\r\nHost: desk\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3;name=value\r\nhel\r\n2\r\nlo\r\n0\r\nChecked: yes\r\n\r\n"
)


def new():
    return RequestBuffer(Config(), ("127.0.0.1", 1), MAX_BODY)


def answered(buffer):
    """Return what the application would see of the request at hand."""
    return buffer.request.method, buffer.request.path, buffer.request.body.read()


@given(
    requests=st.lists(st.sampled_from([GET, POST, CHUNKED]), min_size=1, max_size=4),
    sizes=st.lists(st.integers(1, 40), min_size=1),
)
def test_requests_come_out_whole_and_in_order_however_they_arrive(requests, sizes):
    stream, expected, seen = b"".join(requests), [], []
    for request in requests:
        expected.append(
            {GET: ("GET", "/a", b""), POST: ("POST", "/b", b"hello"), CHUNKED: ("POST", "/c", b"hello")}[
                request
            ]
        )
    buffer, place, turn = new(), 0, 0
    while place < len(stream):
        size = sizes[turn % len(sizes)]
        complete = buffer.feed(stream[place : place + size])
        place, turn = place + size, turn + 1
        while complete:
            seen.append(answered(buffer))
            complete = buffer.next()
    assert seen == expected
    assert buffer.size == 0


@pytest.mark.parametrize("request_", [GET, POST, CHUNKED])
def test_it_is_incomplete_until_its_last_byte(request_):
    buffer = new()
    assert not any(buffer.feed(request_[place : place + 1]) for place in range(len(request_) - 1))
    assert buffer.feed(request_[-1:])


def test_a_body_that_nobody_read_is_not_the_next_request():
    buffer = new()
    assert buffer.feed(POST + CHUNKED + GET)
    assert buffer.next()
    assert buffer.next()
    assert answered(buffer) == ("GET", "/a", b"")
    assert not buffer.next()


@pytest.mark.parametrize(
    ("sent", "in_line"),
    [(b"GET /" + b"a" * MAX_HEAD, True), (b"GET / HTTP/1.1\r\nA: " + b"a" * MAX_HEAD, False),
     (b"GET / HTTP/1.1\r\nA: " + b"a" * MAX_HEAD + b"\r\n\r\n", False)],
)  # fmt: skip
def test_a_head_without_end_is_too_large(sent, in_line):
    with pytest.raises(HeadTooLarge) as refused:
        new().feed(sent)
    assert refused.value.in_line is in_line


def test_a_large_body_is_left_to_the_application_if_it_is_announced():
    buffer = new()
    assert buffer.feed(b"POST / HTTP/1.1\r\nHost: desk\r\nContent-Length: 10001\r\n\r\n")
    assert buffer.is_cut
    with pytest.raises(NoMoreData):
        buffer.next()


def test_a_large_body_is_refused_if_it_is_not():
    buffer = new()
    assert not buffer.feed(b"POST / HTTP/1.1\r\nHost: desk\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"a\r\n0123456789\r\n"
    for _ in range(MAX_BODY // len(chunk)):
        assert not buffer.feed(chunk)
    with pytest.raises(BodyTooLarge):
        buffer.feed(chunk)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\nHost: desk\n\n",
        b"\x16\x03\x01\x02\x00\x01\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost desk\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_at_once(sent):
    with pytest.raises(ParseException):
        new().feed(sent)


@pytest.mark.parametrize("size", [b"x", b"-5", b"", b"0x5", b"5 5", b"9" * 9000])
def test_a_chunk_of_no_size_is_left_to_the_parser(size):
    buffer = new()
    assert buffer.feed(
        b"POST / HTTP/1.1\r\nHost: desk\r\nTransfer-Encoding: chunked\r\n\r\n" + size + b"\r\n"
    )
    with pytest.raises((ParseException, NoMoreData)):
        buffer.request.body.read()
    with pytest.raises(NoMoreData):
        buffer.next()
