"""Flask without work that it otherwise repeats in every request."""

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer


class FormCookie(SecureCookieSessionInterface):
    """Flask's signed cookie with one signer per application, whose keys do not change."""

    def __init__(self) -> None:
        self._signers: WeakKeyDictionary[Flask, URLSafeTimedSerializer | None] = WeakKeyDictionary()

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Return the application's signer."""
        if app not in self._signers:
            self._signers[app] = super().get_signing_serializer(app)
        return self._signers[app]


class Portal(Flask):
    """Flask without the check whether a view or hook is a coroutine: none is."""

    session_interface = FormCookie()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as it is."""
        return func
