"""Flask as this portal needs it: without what it works out anew for every request."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer


class FormCookie(SecureCookieSessionInterface):
    """Flask's signed cookie, whose signer is made once for each set of keys."""

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Return the signer for the keys that the application has now."""
        return self._signer(app, app.secret_key, *app.config["SECRET_KEY_FALLBACKS"] or ())

    @lru_cache(maxsize=4)  # noqa: B019 - a process has one application
    def _signer(self, app: Flask, *_: str | bytes | None) -> URLSafeTimedSerializer | None:
        return super().get_signing_serializer(app)


class Portal(Flask):
    """Flask without asking of each view and each hook whether it is a coroutine: none is."""

    session_interface = FormCookie()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as it is."""
        return func
