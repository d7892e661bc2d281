"""Form tokens that look different on every page.

Pages are compressed, and a page may repeat what its address says. Who can make somebody open addresses and
see how long the answers get could read a token letter by letter if it were the same each time (BREACH). So it
is mixed with random bytes for each page, and unmixed before it is checked.
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64

from flask import Flask, g
from flask_wtf.csrf import CSRFProtect, generate_csrf


class MaskedCsrfProtection(CSRFProtect):  # type: ignore[misc]  # Flask-WTF ships no types
    """Flask-WTF's protection, with tokens that are masked anew for each page."""

    def init_app(self, app: Flask) -> None:
        """Hand out masked tokens in place of the plain ones."""
        super().init_app(app)
        app.jinja_env.globals["csrf_token"] = token
        app.context_processor(lambda: {"csrf_token": token})

    def _get_csrf_token(self) -> str | None:
        sent: str | None = super()._get_csrf_token()
        return unmask(sent) if sent else None


def token() -> str:
    """Return the token of this page, the same wherever the page needs it."""
    found: str | None = g.get("masked_token")
    if found is None:
        found = g.masked_token = mask(generate_csrf())
    return found


def mask(plain: str) -> str:
    """Mix a token with random bytes, which come along."""
    text = plain.encode()
    pad = secrets.token_bytes(len(text))
    return urlsafe_b64encode(pad + _mixed(pad, text)).decode()


def unmask(masked: str) -> str | None:
    """Return what was mixed; None for anything that `mask` did not make."""
    try:
        raw = urlsafe_b64decode(masked.encode("ascii"))
        half = len(raw) // 2
        return _mixed(raw[:half], raw[half:]).decode()
    except (NotBase64, UnicodeError, ValueError):
        return None


def _mixed(one: bytes, other: bytes) -> bytes:
    if len(one) != len(other):
        raise ValueError("not two halves")
    return (int.from_bytes(one) ^ int.from_bytes(other)).to_bytes(len(one))
