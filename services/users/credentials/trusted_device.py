"""Trusted devices: the origin of a request, and the token that a browser keeps after a sign-in."""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256


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

    def verify(self, device_token: str | None, account: str) -> str | None:
        """Return the device that a token names, None if we did not issue it for this account."""
        device, _, signature = (device_token or "")[:200].partition(".")
        signatures = (_signature(key, device, account).encode() for key in self._keys)
        return (
            device
            if any(hmac.compare_digest(signature.encode(), expected) for expected in signatures)
            else None
        )


def _signature(key: bytes, device: str, account: str) -> str:
    signed = f"device\x00{device}\x00{account}".encode("utf-8", "replace")
    return hmac.new(key, signed, sha256).hexdigest()
