"""Signatures are botocore's own, byte for byte."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import botocore.auth
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.credentials import Credentials
from botocore.exceptions import NoCredentialsError

from dynamodb_client import ConnectionOptions, client, connect
from dynamodb_client.signing import CachedKeyAuth
from tests.dynamodb_client.faulty_server import FaultyServer

KEYS = Credentials("AKID", "secret/key+")
WITH_TOKEN = Credentials("AKID", "secret/key+", "session//token==")
PLACE = ("dynamodb", "eu-west-1")


def request(url: str, body: Any, **headers: str) -> AWSRequest:
    unsigned = AWSRequest(method="POST", url=url, data=body, headers={"X-Amz-Target": "T.GetItem", **headers})
    unsigned.context = {"signing": {}}
    return unsigned


def signed_at(stamp: str, monkeypatch: pytest.MonkeyPatch) -> None:
    at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: at)


@pytest.mark.parametrize("credentials", [KEYS, WITH_TOKEN])
@pytest.mark.parametrize("url", ["https://dynamodb.eu-west-1.amazonaws.com/", "http://127.0.0.1:8081/"])
@pytest.mark.parametrize("body", [b"", b'{"TableName": "t"}', "grüße".encode()])
def test_same_as_stock(
    url: str, body: bytes, credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"User-Agent": "not signed", "X-Odd": "  two   spaces "}
    fast, stock = request(url, body, **headers), request(url, body, **headers)
    CachedKeyAuth(credentials, *PLACE).add_auth(fast)
    signed_at(fast.headers["X-Amz-Date"], monkeypatch)
    SigV4Auth(credentials, *PLACE).add_auth(stock)
    assert list(fast.headers.items()) == stock.headers.items()
    assert "Authorization" in fast.headers


@pytest.mark.parametrize(
    ("url", "body"),
    [("https://h/path", b"x"), ("https://h/?a=b", b"x"), ("https://h/", "text")],
)
def test_leaves_other_requests_to_stock(url: str, body: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fast, stock = request(url, body), request(url, body)
    CachedKeyAuth(KEYS, *PLACE).add_auth(fast)
    signed_at(fast.headers["X-Amz-Date"], monkeypatch)
    SigV4Auth(KEYS, *PLACE).add_auth(stock)
    assert list(fast.headers.items()) == stock.headers.items()


def test_signs_a_retry_again() -> None:
    retried = request("https://h.example/", b"x")
    auth = CachedKeyAuth(WITH_TOKEN, *PLACE)
    auth.add_auth(retried)
    auth.add_auth(retried)
    names = [name.lower() for name in retried.headers]
    assert len(names) == len(set(names))


def test_needs_credentials() -> None:
    with pytest.raises(NoCredentialsError):
        CachedKeyAuth(None, *PLACE).add_auth(request("https://h.example/", b"x"))


def verify(url: str, headers: dict[str, str], body: bytes, credentials: Credentials, **how: Any) -> None:
    """Sign again what was sent, with stock botocore, and compare."""
    fields = dict(part.split("=", 1) for part in headers["authorization"].split(" ", 1)[1].split(", "))
    listed = fields["SignedHeaders"].split(";")
    again = AWSRequest(method="POST", url=url, data=body, headers={n: headers[n] for n in listed})
    signed_at(headers["x-amz-date"], how["monkeypatch"])
    SigV4Auth(credentials, *PLACE).add_auth(again)
    assert again.headers["Authorization"] == headers["authorization"]


def test_what_an_engine_receives_is_signed_right(
    server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect([], ConnectionOptions("eu-west-1", server.url, "", fast_client=True))
    client().get_item(TableName="t", Key={"id": {"S": "ü"}})
    headers, body = server.requests[0]
    verify(server.url, headers, body, Credentials("local", "local"), monkeypatch=monkeypatch)


def test_what_amazon_would_receive_is_signed_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    sent: list[Any] = []
    connect([], ConnectionOptions("eu-west-1", None, ""))
    client().meta.events.register_first("before-send.dynamodb", answer(sent))
    client().get_item(TableName="t", Key={"id": {"S": "a"}})
    url = sent[0].url
    assert url == "https://dynamodb.eu-west-1.amazonaws.com/"
    headers = {n.lower(): v.decode() if isinstance(v, bytes) else v for n, v in sent[0].headers.items()}
    headers.setdefault("host", "dynamodb.eu-west-1.amazonaws.com")
    assert headers["x-amz-security-token"] == "token"
    verify(url, headers, sent[0].body, Credentials("AKID", "secret", "token"), monkeypatch=monkeypatch)


def answer(sent: list[Any]) -> Callable[..., AWSResponse]:
    class Body:
        def stream(self) -> tuple[bytes, ...]:
            return (b"{}",)

    def respond(request: Any, **_: Any) -> AWSResponse:
        sent.append(request)
        return AWSResponse(request.url, 200, {}, Body())

    return respond
