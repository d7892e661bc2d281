"""Encrypts the few secrets that must be readable again, such as the seed of a second factor."""

import base64
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.fernet import Fernet, MultiFernet


class Unreadable(Exception):
    """The text was not encrypted with one of this instance's keys, or is too old."""


class Encryption:
    """Encrypts and decrypts short texts, which a copy of the tables alone does not reveal.

    The library is loaded when it is needed: most processes never encrypt anything, and it takes 6 MiB.
    """

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        """Encrypt with the first key, decrypt with any of them."""
        self._keys = tuple(base64.urlsafe_b64encode(key) for key in keys)

    def encrypt(self, text: str) -> str:
        """Return the text in an encrypted, authenticated form."""
        return self._newest.encrypt(text.encode()).decode()

    def decrypt(self, encrypted: str, *, within: int | None = None) -> str:
        """Return the text; raises Unreadable if it is forged or older than `within` seconds."""
        from cryptography.fernet import InvalidToken

        try:
            return self._any.decrypt(encrypted.encode("utf-8", "replace"), ttl=within).decode()
        except (InvalidToken, ValueError) as forged:
            raise Unreadable from forged

    def renew(self, encrypted: str) -> str | None:
        """Return the text encrypted with the newest key, None if it already is; raises Unreadable."""
        from cryptography.fernet import InvalidToken

        try:
            self._newest.decrypt(encrypted.encode())
        except InvalidToken:
            return self.encrypt(self.decrypt(encrypted))
        return None

    @cached_property
    def _newest(self) -> "Fernet":
        from cryptography.fernet import Fernet

        return Fernet(self._keys[0])

    @cached_property
    def _any(self) -> "MultiFernet":
        from cryptography.fernet import Fernet, MultiFernet

        return MultiFernet([Fernet(key) for key in self._keys])
