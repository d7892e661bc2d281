"""Signature version 4 with the signing key kept for the day; signatures are identical to botocore's."""

import hmac
import time
from functools import lru_cache
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import botocore.auth
from botocore.auth import SIGNED_HEADERS_BLACKLIST, SigV4Auth, _host_from_url
from botocore.awsrequest import AWSRequest
from botocore.exceptions import NoCredentialsError
from botocore.hooks import HierarchicalEmitter

_NAME = "v4-cached-key"
_UNSIGNED = frozenset(SIGNED_HEADERS_BLACKLIST)


def install(events: HierarchicalEmitter) -> None:
    """Sign a client's requests here where botocore would use plain version 4."""
    botocore.auth.AUTH_TYPE_MAPS[_NAME] = CachedKeyAuth
    events.register("choose-signer.dynamodb", _choose)


def _choose(signature_version: Any, **_: Any) -> str | None:
    return _NAME if signature_version == "v4" else None


class CachedKeyAuth(SigV4Auth):  # type: ignore[misc]  # botocore is untyped
    """Signs a DynamoDB request: a POST to "/" without a query, its body in memory."""

    def add_auth(self, request: AWSRequest) -> None:
        """Add the date, token and signature headers; raises NoCredentialsError."""
        credentials = self.credentials
        if credentials is None:
            raise NoCredentialsError()
        host, body = _root_host(request.url), request.data
        if host is None or not isinstance(body, bytes):
            super().add_auth(request)
            return
        stamp = _stamp(int(time.time()))
        request.context["timestamp"] = stamp
        self._modify_request_before_signing(request)
        headers = {name.lower(): value for name, value in request.headers.items()}
        headers.setdefault("host", host)
        names = sorted(headers.keys() - _UNSIGNED)
        listed = ";".join(names)
        lines = "".join(f"{name}:{_text(headers[name])}\n" for name in names)
        canonical = f"{request.method}\n/\n\n{lines}\n{listed}\n{sha256(body).hexdigest()}"
        scope = f"{stamp[:8]}/{self._region_name}/{self._service_name}/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
        key = _signing_key(credentials.secret_key, stamp[:8], self._region_name, self._service_name)
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        request.headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, "
            f"SignedHeaders={listed}, Signature={signature}"
        )


@lru_cache(maxsize=2)
def _stamp(second: int) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(second))


@lru_cache(maxsize=8)
def _root_host(url: str) -> str | None:
    """Return the host to sign for a URL of nothing but a host, None for any other."""
    parts = urlsplit(url)
    return None if parts.path not in ("", "/") or parts.query else _host_from_url(url)


def _text(value: str | bytes) -> str:
    return " ".join((value.decode() if isinstance(value, bytes) else value).split())


@lru_cache(maxsize=8)  # a day's key per set of credentials; a handful live at once while they rotate
def _signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
