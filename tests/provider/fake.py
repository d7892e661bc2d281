"""A provider that answers whatever a test wants, signed with real keys: for answers that must be refused."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from services.users.sign_in import Provider

CLIENT_ID, SECRET = "ledgerdesk", "a secret of the tests"


class Fake:
    """Holds what the fake answers; change it before the sign-in comes back."""

    def __init__(self) -> None:
        self.issuer = ""
        self.key: Any = ECKey.generate_key("P-256", {"kid": "first", "use": "sig"})
        self.published: list[dict[str, Any]] | None = None
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.make_token: Callable[[dict[str, Any]], object] = self.signed
        self.statuses: dict[str, int] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.nonce = ""

    def provider(self, **more: object) -> Provider:
        """Describe it as the settings would."""
        given = {"domains": frozenset({"corp.example"}), "default_role": "customer"}
        return Provider(
            id="corp",
            label="Corp",
            issuer=self.issuer,
            client_id=CLIENT_ID,
            client_secret=SECRET,
            **{**given, **more},
        )

    def depart(self, url: str) -> dict[str, str]:
        """Take note of what a departure asks for and return it."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        self.nonce = asked["nonce"]
        return asked

    def full_claims(self) -> dict[str, Any]:
        """Return what the ID token says: what is usual, with the test's changes; None leaves a claim out."""
        now = int(time.time())
        usual = {
            "iss": self.issuer,
            "sub": "ada",
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": self.nonce,
            "name": "Ada Corp",
            "email": "ada@corp.example",
            "email_verified": True,
        }
        return {name: value for name, value in {**usual, **self.claims}.items() if value is not None}

    def signed(self, claims: dict[str, Any]) -> str:
        """Sign an ID token with the present key."""
        algorithm = "RS256" if isinstance(self.key, RSAKey) else "ES256"
        return jwt.encode({"alg": algorithm, "kid": self.key.kid, **self.header}, claims, self.key)

    def answer(self, path: str) -> tuple[int, object]:
        """Answer a request."""
        status = self.statuses.get(path, 200)
        if path == "/token":
            token = self.make_token(self.full_claims())
            return status, {"access_token": "opaque", "token_type": "Bearer", "id_token": token}
        if path == "/keys":
            mine = [self.key.as_dict(private=False)] if hasattr(self.key, "as_dict") else []
            return status, {"keys": mine if self.published is None else self.published}
        if path == "/userinfo":
            return status, {"sub": self.full_claims().get("sub"), **self.userinfo}
        usual = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
        }
        return status, {**usual, **self.metadata}


@contextmanager
def fake() -> Iterator[Fake]:
    """Run a fake provider in this process, on a free port."""
    told = Fake()

    class Handler(BaseHTTPRequestHandler):
        """Answers from `told`."""

        def _answer(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            form = {name: values[0] for name, values in parse_qs(self.rfile.read(size).decode()).items()}
            told.asked.append((self.path, form | {"authorization": self.headers.get("Authorization", "")}))
            status, body = told.answer(self.path)
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(ConnectionError):  # whoever was asked too slowly has gone
                self.wfile.write(body)

        do_GET = do_POST = _answer  # noqa: N815  # the names that http.server looks for

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
