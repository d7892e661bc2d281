"""Signature version 4 with the signing key kept for the day; signatures are identical to botocore's."""

import hmac
import time
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256


class Signer:
    """Signs DynamoDB requests: POSTs to "/" without a query."""

    def __init__(self, access_key: str, secret_key: str, region: str) -> None:
        self._access_key, self._secret_key, self._region = access_key, secret_key, region

    def stamp(self) -> str:
        """Return the present time as the header x-amz-date has it."""
        return _stamp(int(time.time()))

    def authorization(self, headers: Mapping[str, str], body: bytes) -> str:
        """Return the Authorization header; `headers` are all that are signed, in alphabetical order of their names."""
        stamp = headers["x-amz-date"]
        listed = ";".join(headers)
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        canonical = f"POST\n/\n\n{lines}\n{listed}\n{sha256(body).hexdigest()}"
        scope = f"{stamp[:8]}/{self._region}/dynamodb/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
        key = _signing_key(self._secret_key, stamp[:8], self._region)
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        return (
            f"AWS4-HMAC-SHA256 Credential={self._access_key}/{scope}, "
            f"SignedHeaders={listed}, Signature={signature}"
        )


@lru_cache(maxsize=2)
def _stamp(second: int) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(second))


@lru_cache(maxsize=8)
def _signing_key(secret: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, "dynamodb", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
