"""The identity behind a request: the session cookie, resolved through the services."""

from dataclasses import dataclass

from flask import Flask, Request, Response, current_app, g, redirect, request, session, url_for
from flask_login import LoginManager
from werkzeug.wrappers import Response as BaseResponse

from portal.web.guards import now, services
from services.users.credentials import Origin
from services.users.identity import Actor
from services.users.sign_in import SignedIn

DAYS_14 = 14 * 24 * 3600
YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Identity:
    """What Flask-Login calls a user: the actor of this request."""

    actor: Actor
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        """Return the id Flask-Login asks for."""
        return self.actor.user_id


def cookie_name() -> str:
    """Return the name of the session cookie; with TLS, the __Host- prefix binds it to this host."""
    return "__Host-session" if current_app.config["SESSION_COOKIE_SECURE"] else "ledgerdesk_session"


def init_app(app: Flask) -> None:
    """Let Flask-Login use our sessions."""
    manager = LoginManager(app)
    manager.session_protection = None  # our own sessions are bound to the server side already

    def load(_: Request) -> Identity | None:
        token = request.cookies.get(cookie_name())
        if not token or request.blueprint == "api":  # programs authenticate by a header only
            return None
        actor = services().users.authentication.actor_for(token=token, now=now(), address=request.remote_addr)
        return Identity(actor) if actor else None

    manager.request_loader(load)


def device_cookie_name() -> str:
    """Return the name of the cookie that holds the trusted-device token."""
    return "__Host-device" if current_app.config["SESSION_COOKIE_SECURE"] else "ledgerdesk_device"


def origin() -> Origin:
    """Return where this request comes from."""
    return Origin(
        address=request.remote_addr,
        browser=request.user_agent.string,
        device_token=request.cookies.get(device_cookie_name()),
    )


def set_session_cookies(response: Response | BaseResponse, signed_in: SignedIn) -> None:
    """Set the cookies for session and trusted device, and start with a new CSRF token."""
    session.clear()
    set_cookie(response, cookie_name(), signed_in.token, DAYS_14)
    set_device_cookie(response, signed_in.device_token)


def set_device_cookie(response: Response | BaseResponse, device_token: str) -> None:
    """Let this browser be known to the accounts that have used it."""
    set_cookie(response, device_cookie_name(), device_token, YEAR)


def set_cookie(response: Response | BaseResponse, name: str, value: str, seconds: int) -> None:
    """Set a cookie that only we read, for all our pages."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        path="/",
    )


def end(target: str | None = None) -> BaseResponse:
    """End the session of this request and redirect to the sign-in page."""
    token = request.cookies.get(cookie_name())
    if token:
        services().users.sessions.revoke(token=token)
    g.pop("_login_user", None)
    session.clear()
    response = redirect(target or url_for("auth.login"))
    # With the same attributes: browsers ignore a __Host- cookie without Secure, even to delete it.
    response.delete_cookie(
        cookie_name(),
        path="/",
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    return response
