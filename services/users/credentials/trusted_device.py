"""Where a request comes from, and the mark a browser carries once its owner has signed in."""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True)
class Origin:
    """The address a request came from, what the browser calls itself, and the mark it carries."""

    address: str | None = None
    browser: str = ""
    mark: str | None = None


UNKNOWN = Origin()


class TrustedDevices:
    """Gives a browser a signed mark for an account and recognizes it later.

    A mark is no sign-in. It only says that this browser once knew the password, so that strangers who
    try passwords for the account cannot slow this browser down.
    """

    def __init__(
        self, keys: tuple[bytes, ...], new_id: Callable[[], str] = lambda: secrets.token_urlsafe(12)
    ) -> None:
        self._keys, self._new_id = keys, new_id

    def make(self, account: str) -> str:
        """Return a new mark for an account (a normalized address)."""
        device = self._new_id()
        return f"{device}.{_signature(self._keys[0], device, account)}"

    def read(self, mark: str | None, account: str) -> str | None:
        """Return the device a mark names, None when it is not one of ours for this account."""
        device, _, signature = (mark or "")[:200].partition(".")
        good = (_signature(key, device, account).encode() for key in self._keys)
        return device if any(hmac.compare_digest(signature.encode(), one) for one in good) else None


def _signature(key: bytes, device: str, account: str) -> str:
    signed = f"device\x00{device}\x00{account}".encode("utf-8", "replace")
    return hmac.new(key, signed, sha256).hexdigest()
