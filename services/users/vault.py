"""Encrypts the few secrets that must be read again, such as the seed of a second factor."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Unreadable(Exception):
    """The text was not sealed with one of this instance's keys, or is too old."""


class Vault:
    """Seals and opens short texts; a copy of the table alone opens none."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        """Seal with the first key, open with any of them."""
        fernets = [Fernet(base64.urlsafe_b64encode(key)) for key in keys]
        self._newest, self._any = fernets[0], MultiFernet(fernets)

    def seal(self, text: str) -> str:
        """Return an encrypted, authenticated form of a text."""
        return self._newest.encrypt(text.encode()).decode()

    def open(self, sealed: str, *, within: int | None = None) -> str:
        """Return the text; raises Unreadable for anything forged, or older than `within` seconds."""
        try:
            return self._any.decrypt(sealed.encode("utf-8", "replace"), ttl=within).decode()
        except (InvalidToken, ValueError) as forged:
            raise Unreadable from forged

    def renew(self, sealed: str) -> str | None:
        """Return the same text sealed with the newest key, None when it is already; raises Unreadable."""
        try:
            self._newest.decrypt(sealed.encode())
        except InvalidToken:
            return self.seal(self.open(sealed))
        return None
