"""Whoever changed something sees it on their next page, whichever process answers.

Processes keep users, roles, teams and the like in memory for some seconds. A browser whose request changed one of
them carries the moment in a cookie, and is answered by nothing that was read before.
"""

import time

from flask import Flask, Response, current_app, request

from portal.web.identity import set_cookie
from services import caching
from services.bootstrap.common import NAMES_FRESH


def init_app(app: Flask) -> None:
    """Read the moment before each request, and write it after one that changed something."""

    @app.before_request
    def begin() -> None:
        caching.begin_request(_moment(request.cookies.get(cookie_name(), "")))

    @app.after_request
    def note(response: Response) -> Response:
        if caching.has_changed() and request.blueprint != "api":  # programs keep no cookies
            set_cookie(response, cookie_name(), f"{time.time():.6f}", int(NAMES_FRESH))
        return response


def cookie_name() -> str:
    """Return the name of the cookie that holds the moment of the last change."""
    return "__Host-changed" if current_app.config["SESSION_COOKIE_SECURE"] else "ledgerdesk_changed"


def _moment(text: str) -> float:
    """Read a moment in seconds since 1970; 0 for anything else."""
    digits, _, fraction = text.partition(".")
    is_moment = text.isascii() and digits.isdecimal() and fraction.isdecimal() and len(text) < 20
    return float(text) if is_moment else 0.0
