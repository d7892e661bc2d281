"""Who may call a route: declared on the view, decided before it runs, provable by a test."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, current_app, g, request
from flask_login import current_user

from services.bootstrap import Services
from services.errors import ServiceError
from services.users import Actor, Permission, PermissionDenied

View = TypeVar("View", bound=Callable[..., Any])


class SignInNeeded(ServiceError):
    """Nobody is signed in; the error table turns this into the way to the sign-in page."""

    def __init__(self) -> None:
        super().__init__("Sign in to go on.")


def services() -> Services:
    """Return the services of this app."""
    return cast(Services, current_app.extensions["services"])


def now() -> datetime:
    """Return one time for the whole request."""
    if "now" not in g:
        g.now = datetime.now(UTC)
    return cast(datetime, g.now)


def actor() -> Actor:
    """Return who is acting; raises SignInNeeded when nobody is signed in."""
    if not current_user.is_authenticated:
        raise SignInNeeded
    return cast(Actor, current_user.actor)


def init_app(app: Flask) -> None:
    """Close every route that does not say who may call it, so that a forgotten guard opens nothing."""

    @app.before_request
    def refuse_unguarded() -> None:
        if request.endpoint is not None and guard_of(app, request.endpoint) is None:
            raise PermissionDenied(request.endpoint)


def vouch(app: Flask, prefix: str, guard: str) -> None:
    """Say for all endpoints of a library's making that begin like this who decides about them."""
    app.extensions.setdefault("guards", {})[prefix] = guard


def guard_of(app: Flask, endpoint: str) -> str | None:
    """Name the guard of a route, None when there is none."""
    declared = getattr(app.view_functions.get(endpoint), "guard", None)
    if declared is not None:
        return str(declared)
    vouched: dict[str, str] = app.extensions.get("guards", {})
    return next((guard for prefix, guard in vouched.items() if endpoint.startswith(prefix)), None)


def needs(permission: Permission) -> Callable[[View], View]:
    """Let a view run only for actors whose role has a permission, at whatever scope.

    The scope is decided by the service, which knows whose thing it is.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not actor().may(permission):
                raise PermissionDenied(permission)
            return view(*args, **kwargs)

        guarded.guard = str(permission)  # type: ignore[attr-defined]  # read by the route test
        return cast(View, guarded)

    return decorate


def signed_in(view: View) -> View:
    """Let a view run for anybody who is signed in."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        actor()
        return view(*args, **kwargs)

    guarded.guard = "signed in"  # type: ignore[attr-defined]  # read by the route test
    return cast(View, guarded)


def public(view: View) -> View:
    """Mark a view that anybody may call."""
    view.guard = "public"  # type: ignore[attr-defined]  # read by the route test
    return view
