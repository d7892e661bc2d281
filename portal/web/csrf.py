"""CSRF tokens that look different on every page.

Pages are compressed, and a page may repeat what is in its URL. An attacker who makes somebody open URLs and
sees the length of the responses could read a token character by character if it were the same each time
(BREACH). So it is XORed with random bytes for each page, and restored before it is checked.
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64

from flask import Flask, g
from flask_wtf.csrf import CSRFProtect, generate_csrf


class MaskedCsrfProtection(CSRFProtect):  # type: ignore[misc]  # Flask-WTF ships no types
    """Flask-WTF's protection, with tokens that are masked differently on each page."""

    def init_app(self, app: Flask) -> None:
        """Use masked tokens instead of the plain ones."""
        super().init_app(app)
        app.jinja_env.globals["csrf_token"] = token
        app.context_processor(lambda: {"csrf_token": token})

    def _get_csrf_token(self) -> str | None:
        sent: str | None = super()._get_csrf_token()
        return unmask(sent) if sent else None


def token() -> str:
    """Return the token of this page, the same everywhere on it."""
    masked: str | None = g.get("masked_token")
    if masked is None:
        masked = g.masked_token = mask(generate_csrf())
    return masked


def mask(plain: str) -> str:
    """Mask a token with random bytes, which are included."""
    text = plain.encode()
    pad = secrets.token_bytes(len(text))
    return urlsafe_b64encode(pad + _xor(pad, text)).decode()


def unmask(masked: str) -> str | None:
    """Return the plain token, None for anything that `mask` did not produce."""
    try:
        raw = urlsafe_b64decode(masked.encode("ascii"))
        half = len(raw) // 2
        return _xor(raw[:half], raw[half:]).decode()
    except (NotBase64, UnicodeError, ValueError):
        return None


def _xor(one: bytes, other: bytes) -> bytes:
    if len(one) != len(other):
        raise ValueError("not two halves")
    return (int.from_bytes(one) ^ int.from_bytes(other)).to_bytes(len(one))
