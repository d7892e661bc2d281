"""Who may call a route: declared on the view, decided before it runs, checked by a test."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, current_app, g, request
from flask_login import current_user

from services.bootstrap import Services
from services.errors import ServiceError, Throttled
from services.users.credentials import StepUpFailed
from services.users.identity import Actor, Permission, PermissionDenied

View = TypeVar("View", bound=Callable[..., Any])
PUBLIC = "public"  # the guard of what anybody may call
STEP_UP_FIELD = "proof"  # the field in which a form brings a password or code along


class SignInNeeded(ServiceError):
    """Nobody is signed in; error pages turn this into a redirect to the sign-in page."""

    code = "token_needed"

    def __init__(self, message: str = "Sign in to continue.") -> None:
        super().__init__(message)


def services() -> Services:
    """Return the services of this app."""
    return cast(Services, current_app.extensions["services"])


class StepUpNeeded(ServiceError):
    """A sensitive operation needs the password or code; `refused` is why the one that was sent failed."""

    code = "step_up_needed"

    def __init__(self, refused: StepUpFailed | Throttled | None = None) -> None:
        super().__init__(refused.message if refused else "Confirm your identity, then try again.")
        self.refused = refused


def now() -> datetime:
    """Return the time of the request, the same throughout it."""
    time: datetime | None = g.get("now")
    if time is None:
        time = g.now = datetime.now(UTC)
    return time


def visitor() -> Actor | None:
    """Return the signed-in actor, None if nobody is signed in."""
    identity = current_user._get_current_object()  # the proxy would look it up again at each use
    return identity.actor if identity is not None and identity.is_authenticated else None


def actor() -> Actor:
    """Return the signed-in actor; raises SignInNeeded if nobody is signed in."""
    who = visitor()
    if who is None:
        raise SignInNeeded
    return who


def init_app(app: Flask) -> None:
    """Refuse every route without a declared guard, so that a forgotten one exposes nothing."""

    @app.before_request
    def refuse_unguarded() -> None:
        if request.endpoint is not None and guard_of(app, request.endpoint) is None:
            raise PermissionDenied(request.endpoint)


def register_guard(app: Flask, prefix: str, guard: str) -> None:
    """Declare the guard of all endpoints with this prefix, for views that a library creates."""
    app.extensions.setdefault("guards", {})[prefix] = guard


def guard_of(app: Flask, endpoint: str) -> str | None:
    """Return the guard of a route, None if there is none."""
    declared = getattr(app.view_functions.get(endpoint), "guard", None)
    if declared is not None:
        return str(declared)
    registered: dict[str, str] = app.extensions.get("guards", {})
    return next((guard for prefix, guard in registered.items() if endpoint.startswith(prefix)), None)


def needs(*permissions: Permission) -> Callable[[View], View]:
    """Let a view run only for actors whose role has at least one of the permissions, at any scope.

    The service decides the scope, because it knows the object.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not any(map(actor().may, permissions)):
                raise PermissionDenied(permissions[0])
            return view(*args, **kwargs)

        guarded.guard = " or ".join(permissions)  # type: ignore[attr-defined]  # read by the route test
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


def step_up_required(view: View) -> View:
    """Let a view run only if a password or code was verified within the last ten minutes.

    Goes below @needs or @signed_in. Otherwise the user is asked for it, and then continues.
    """

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        require_step_up()
        return view(*args, **kwargs)

    return cast(View, guarded)


def require_step_up() -> None:
    """Require a step-up inside a view or a grid of which only some operations are sensitive.

    Call it before anything is written. Raises StepUpNeeded, which portal.auth.step_up handles.
    """
    who = actor()
    if "stepped_up" in g or who.has_stepped_up(now()):
        return
    answer = request.form.get(STEP_UP_FIELD, "") if request.method == "POST" else ""
    if not answer:
        raise StepUpNeeded
    try:
        services().users.step_up.verify(actor=who, answer=answer, now=now())
    except (StepUpFailed, Throttled) as refused:
        raise StepUpNeeded(refused) from refused
    g.stepped_up = True


def public(view: View) -> View:
    """Mark a view that anybody may call."""
    view.guard = PUBLIC  # type: ignore[attr-defined]  # read by the route test
    return view
