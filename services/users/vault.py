"""Encrypts the few secrets that must be read again, such as the seed of a second factor."""

import base64

from cryptography.fernet import Fernet, InvalidToken


class Unreadable(Exception):
    """The text was not sealed with this instance's key, or is too old."""


class Vault:
    """Seals and opens short texts; a copy of the table alone opens none."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def seal(self, text: str) -> str:
        """Return an encrypted, authenticated form of a text."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str, *, within: int | None = None) -> str:
        """Return the text; raises Unreadable for anything forged, or older than `within` seconds."""
        try:
            return self._fernet.decrypt(sealed.encode("utf-8", "replace"), ttl=within).decode()
        except (InvalidToken, ValueError) as forged:
            raise Unreadable from forged
