"""Which parts are the fast client's and which are stock, by client and by endpoint."""

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pynamodb.attributes import UnicodeAttribute

from dynamodb_client import ConnectionOptions, LeanModel, connect, response_parser
from dynamodb_client.connection_pool import ConnectionPool
from dynamodb_client.request_serializer import RequestSerializer
from dynamodb_client.signing import Signer
from tests.dynamodb_client.faulty_server import FaultyServer, reply

PARTS = [
    (RequestSerializer, "serialize_to_request"),
    (response_parser, "parse"),
    (Signer, "authorization"),
    (ConnectionPool, "send"),
]
OWN_TRANSPORT = {"authorization", "send"}
ALL = {name for _, name in PARTS}
HOUR = timedelta(hours=1)


class Car(LeanModel):
    class Meta:
        table_name = "cars"

    name = UnicodeAttribute(hash_key=True)


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Note which of the fast client's parts are called."""
    used: set[str] = set()

    def note(owner: Any, name: str) -> None:
        part = getattr(owner, name)

        def noted(*arguments: Any, **more: Any) -> Any:
            used.add(name)
            return part(*arguments, **more)

        monkeypatch.setattr(owner, name, noted)

    for owner, name in PARTS:
        note(owner, name)
    return used


@pytest.fixture
def tls_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyServer]:
    """Answer over TLS with a certificate that botocore trusts by AWS_CA_BUNDLE."""
    certificate = self_signed(tmp_path / "server.pem")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True) as listener:
        yield FaultyServer.start(listener, reply())
        listener.shutdown(socket.SHUT_RDWR)


def self_signed(path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - HOUR).not_valid_after(now + HOUR)
    certificate = builder.add_extension(address, critical=False).sign(key, hashes.SHA256())
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + certificate.public_bytes(encoding))
    return path


def save_and_read(endpoint: str, *, fast: bool) -> None:
    connect([Car], ConnectionOptions("eu-west-1", endpoint, "", fast_client=fast))
    Car("red").save()
    assert Car.get("red").name == "red"


def item_server(server: FaultyServer) -> FaultyServer:
    server.respond_with(reply(200, {}), reply(200, {"Item": {"name": {"S": "red"}}}))
    return server


@pytest.mark.parametrize(("fast", "parts"), [(True, ALL), (False, set())])
def test_over_plain_http(fast: bool, parts: set[str], server: FaultyServer, used: set[str]) -> None:
    save_and_read(item_server(server).url, fast=fast)
    assert used == parts


@pytest.mark.parametrize(("fast", "parts"), [(True, ALL - OWN_TRANSPORT), (False, set())])
def test_signing_and_transport_over_tls_are_stock(
    fast: bool, parts: set[str], tls_server: FaultyServer, used: set[str]
) -> None:
    save_and_read(f"https://127.0.0.1:{item_server(tls_server).port}", fast=fast)
    assert used == parts
    assert len(tls_server.requests) == 2
    assert "Credential=AKID/" in tls_server.requests[0][0]["authorization"]


@pytest.mark.parametrize(
    ("endpoint", "fast", "own"),
    [
        (None, True, False),
        ("https://dynamodb.example", True, False),
        ("http://127.0.0.1:8081", True, True),
        ("http://127.0.0.1:8081", False, False),
    ],
)
def test_only_the_fast_client_over_plain_http_signs_and_sends(
    endpoint: str | None, fast: bool, own: bool
) -> None:
    assert ConnectionOptions("eu-west-1", endpoint, "", fast_client=fast).own_transport is own


def test_connecting_again_changes_the_client(server: FaultyServer, used: set[str]) -> None:
    for fast, parts in ((True, ALL), (False, set()), (True, ALL)):
        used.clear()
        save_and_read(item_server(server).url, fast=fast)
        assert used == parts
