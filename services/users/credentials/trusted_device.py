"""Trusted devices: the origin of a request, and the token that a browser keeps after a sign-in."""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

BETWEEN = "|"  # tokens in a cookie
MAX_ACCOUNTS = 5  # that are known in one browser


@dataclass(frozen=True)
class Origin:
    """Where a request comes from: network address, user agent, and trusted-device token."""

    address: str | None = None
    browser: str = ""
    device_token: str | None = None


UNKNOWN = Origin()


class TrustedDevices:
    """Issues signed trusted-device tokens for an account and verifies them.

    Such a token signs nobody in. It only says that this browser once knew the password, so that strangers
    who guess passwords for the account cannot slow this browser down.
    """

    def __init__(
        self, keys: tuple[bytes, ...], new_id: Callable[[], str] = lambda: secrets.token_urlsafe(12)
    ) -> None:
        self._keys, self._new_id = keys, new_id

    def issue(self, account: str) -> str:
        """Return a new token for an account (a normalized address)."""
        device = self._new_id()
        return f"{device}.{_signature(self._keys[0], device, account)}"

    def add(self, tokens: str | None, account: str) -> str:
        """Return a browser's tokens with one for an account: new, unless it has one; the last used come first."""
        known = [token for token in (tokens or "").split(BETWEEN)[:MAX_ACCOUNTS] if _looks_like_one(token)]
        own = next((token for token in known if self._device_in(token, account)), None)
        others = [token for token in known if token != own]
        return BETWEEN.join([own or self.issue(account), *others][:MAX_ACCOUNTS])

    def verify(self, tokens: str | None, account: str) -> str | None:
        """Return the device that one of a browser's tokens names, None if we issued none for this account."""
        devices = (self._device_in(token, account) for token in (tokens or "").split(BETWEEN)[:MAX_ACCOUNTS])
        return next((device for device in devices if device), None)

    def _device_in(self, token: str, account: str) -> str | None:
        device, _, signature = token[:200].partition(".")
        signatures = (_signature(key, device, account).encode() for key in self._keys)
        given = signature.encode("utf-8", "replace")
        return device if any(hmac.compare_digest(given, expected) for expected in signatures) else None


def _looks_like_one(token: str) -> bool:
    return len(token) < 200 and token.isascii() and token.count(".") == 1


def _signature(key: bytes, device: str, account: str) -> str:
    signed = f"device\x00{device}\x00{account}".encode("utf-8", "replace")
    return hmac.new(key, signed, sha256).hexdigest()
