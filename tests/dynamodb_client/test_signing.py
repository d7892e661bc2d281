"""Signatures are botocore's own, byte for byte."""

from datetime import UTC, datetime

import botocore.auth
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from dynamodb_client import ConnectionOptions, client, connect
from dynamodb_client.signing import Signer
from tests.dynamodb_client.faulty_server import FaultyServer

URL = "http://127.0.0.1:8081/"


def stock(url: str, headers: dict[str, str], body: bytes, keys: tuple[str, str], region: str) -> str:
    """Return the signature that botocore makes at the time that the headers say."""
    again = AWSRequest(method="POST", url=url, data=body, headers=headers)
    SigV4Auth(Credentials(*keys), "dynamodb", region).add_auth(again)
    return str(again.headers["Authorization"])


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> str:
    """Let botocore sign at a time of ours."""
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: datetime(2026, 11, 30, tzinfo=UTC))
    return "20261130T000000Z"


@pytest.mark.parametrize("keys", [("AKID", "secret/key+"), ("local", "local")])
@pytest.mark.parametrize("body", [b"", b'{"TableName": "t"}', "grüße".encode()])
@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1"])
def test_same_as_stock(body: bytes, keys: tuple[str, str], region: str, at: str) -> None:
    headers = {"content-type": "application/x-amz-json-1.0", "host": "127.0.0.1:8081", "x-amz-date": at}
    headers["x-amz-target"] = "T.GetItem"
    assert Signer(*keys, region).authorization(headers, body) == stock(URL, headers, body, keys, region)


def test_what_an_engine_receives_is_signed_right(
    server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect([], ConnectionOptions("eu-west-1", server.url, "", fast_client=True))
    client().get_item(TableName="t", Key={"id": {"S": "ü"}})
    headers, body = server.requests[0]
    sent_at = datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: sent_at)
    listed = headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    assert {"host", "x-amz-date", "x-amz-target"} <= set(listed)
    signed = {name: headers[name] for name in listed}
    assert headers["authorization"] == stock(server.url, signed, body, ("local", "local"), "eu-west-1")
