"""Who may call a route: declared on the view, decided before it runs, provable by a test."""

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
PROOF = "proof"  # the field in which a form brings a password or code along


class SignInNeeded(ServiceError):
    """Nobody is signed in; the error table turns this into the way to the sign-in page."""

    def __init__(self, message: str = "Sign in to go on.") -> None:
        super().__init__(message)


def services() -> Services:
    """Return the services of this app."""
    return cast(Services, current_app.extensions["services"])


class StepUpNeeded(ServiceError):
    """A dangerous act waits for the password or code; `refused` is why the one that came was not taken."""

    def __init__(self, refused: StepUpFailed | Throttled | None = None) -> None:
        super().__init__(refused.message if refused else "Confirm that it is you, then do this again.")
        self.refused = refused


def now() -> datetime:
    """Return one time for the whole request."""
    found: datetime | None = g.get("now")
    if found is None:
        found = g.now = datetime.now(UTC)
    return found


def visitor() -> Actor | None:
    """Return who is signed in, None when nobody is."""
    identity = current_user._get_current_object()  # the proxy would look it up again at each use
    return identity.actor if identity is not None and identity.is_authenticated else None


def actor() -> Actor:
    """Return who is acting; raises SignInNeeded when nobody is signed in."""
    found = visitor()
    if found is None:
        raise SignInNeeded
    return found


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
    federated: dict[str, str] = app.extensions.get("guards", {})
    return next((guard for prefix, guard in federated.items() if endpoint.startswith(prefix)), None)


def needs(*permissions: Permission) -> Callable[[View], View]:
    """Let a view run only for actors whose role has a permission, or one of several, at whatever scope.

    The scope is decided by the service, which knows whose thing it is.
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


def proved(view: View) -> View:
    """Let a view run only when a password or code was shown within the last ten minutes.

    Stands under @needs or @signed_in. Who has not is asked, and goes on from there.
    """

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        require_step_up()
        return view(*args, **kwargs)

    return cast(View, guarded)


def require_step_up() -> None:
    """Ask for the same inside a view or a grid, where only some of what it does is dangerous.

    To be called before anything is written. Raises ProofNeeded, which portal.auth.step_up answers.
    """
    who = actor()
    if "proved" in g or who.has_stepped_up(now()):
        return
    answer = request.form.get(PROOF, "") if request.method == "POST" else ""
    if not answer:
        raise StepUpNeeded
    try:
        services().users.step_up.prove(actor=who, answer=answer, now=now())
    except (StepUpFailed, Throttled) as refused:
        raise StepUpNeeded(refused) from refused
    g.proved = True


def public(view: View) -> View:
    """Mark a view that anybody may call."""
    view.guard = PUBLIC  # type: ignore[attr-defined]  # read by the route test
    return view
