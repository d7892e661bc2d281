"""Maps errors to responses in one place: a page for people, JSON for scripts, never a stack trace."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, current_app, flash, g, jsonify, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Response as BaseResponse

from portal.web.guards import PUBLIC, SignInNeeded, StepUpNeeded, guard_of, now, visitor
from portal.web.logs import ID
from portal.web.problem_types import BY_STATUS, PROBLEM_TYPES, VersionConflict, VersionNeeded
from pynamodb_grid.listing import ListingError
from pynamodb_grid.listing import Unavailable as ListingUnavailable
from services.errors import (
    Conflicted,
    Contradictory,
    EngineUnavailable,
    Forbidden,
    Invalid,
    NotFound,
    ServiceError,
    Throttled,
    Unavailable,
)
from services.users.identity import Actor

log = structlog.get_logger()

STATUS: tuple[tuple[type[Exception], int], ...] = (
    (SignInNeeded, 401),
    (StepUpNeeded, 403),
    (VersionNeeded, 428),
    (VersionConflict, 412),
    (NotFound, 404),
    (Forbidden, 403),
    (Invalid, 400),
    (Conflicted, 409),
    (Contradictory, 422),
    (Throttled, 429),
    (Unavailable, 503),
    (EngineUnavailable, 503),
    (ListingUnavailable, 503),
    (ListingError, 400),
)
TITLES = {
    400: "This request cannot be read",
    401: "Sign in to continue",
    403: "You do not have access",
    404: "Page not found",
    405: "This is not possible here",
    409: "Someone else was faster",
    413: "This is too large",
    412: "Someone else was faster",
    414: "This address is too long",
    415: "JSON expected",
    422: "This was sent before with other content",
    428: "The version is missing",
    429: "Too many attempts",
    500: "Something went wrong on our side",
    503: "We cannot reach your tickets right now",
}
MESSAGES = {
    400: "Nothing was changed. Go back and try again.",
    403: "Your role does not allow this.",
    404: "The address may contain a typo, or the page has moved.",
    405: "Nothing was changed. Go back and try again.",
    413: "Nothing was saved. A message can have at most 64 KB, a whole form 512 KB.",
    414: "Nothing was changed. Use fewer filters.",
    500: "Nothing was saved halfway. The error has been logged.",
    503: "The database is not responding.",
}
# What programs are told instead: they cannot go back, and what they send has a key.
MESSAGES_FOR_PROGRAMS = {
    400: "The body is not readable as JSON. Nothing was changed.",
    404: "There is nothing at this address.",
    405: "This address does not know the method. Nothing was changed.",
    413: "A body can have at most 512 KB. Nothing was changed.",
    414: "The address is too long. Nothing was changed.",
    500: "Nothing was saved halfway. The error has been logged under the reference.",
    503: "The database is not responding. Repeat the request after Retry-After; with the same Idempotency-Key "
    "it takes effect once.",
}
NOT_READY = "These figures are not ready"
# Forms are not resent automatically. Sending one twice is safe: forms carry keys and versions.
SEND_AGAIN = (
    "What you just sent may not have been saved. Go back and send it again. It will not be saved twice."
)
SIGNED_OUT = "You were signed out, so nothing was changed. Sign in and send it again. Drafts are kept."
# Seconds until the next attempt, if the error does not say.
RETRY_AFTER = {429: 60, 503: 5}
# Where somebody went who has no business there: they go on by the navigation.
IN_FRAME = (403, 404)
# Statuses whose message alone would not say enough in a script's toast.
TITLED = (413, 429, 503)


def init_app(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(ServiceError, _service_error)
    app.register_error_handler(EngineUnavailable, _service_error)
    app.register_error_handler(ListingError, _service_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def status_of(error: Exception) -> int:
    """Return the HTTP status of a service's error."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def with_status(page: str, error: Exception) -> Response:
    """Respond with a form that shows what was refused."""
    response = Response(page, status_of(error), mimetype="text/html")
    if isinstance(error, Throttled):
        response.headers["Retry-After"] = str(error.seconds)
    return response


def wants_json() -> bool:
    """Tell whether a script sent the request, not a person."""
    return is_program() or request.is_json or request.accept_mimetypes.best == "application/json"


def is_program() -> bool:
    """Tell whether the request is for the API, of which only the documentation is for people."""
    return request.path.startswith("/api/") and request.blueprint != "api_docs"


def answer(
    status: int,
    message: str,
    fields: dict[str, str] | None = None,
    wait: int | None = None,
    *,
    title: str = "",
    code: str = "",
    more: dict[str, Any] | None = None,
) -> Response:
    """Respond with a page, or with problem+json including `more` for scripts; `wait` is in seconds."""
    kind = PROBLEM_TYPES.get(code or BY_STATUS.get(status, ""))
    shown = title or TITLES.get(status, "Something went wrong")
    title = kind.title if kind and is_program() else shown
    wait = wait or RETRY_AFTER.get(status)
    if wants_json():
        detail = f"{title}. {message}" if status in TITLED and not is_program() else message
        problem: dict[str, Any] = {"title": title, "status": status, "detail": detail}
        problem |= {"type": kind.uri, "code": kind.code} if kind else {"type": "about:blank"}
        problem |= {"reference": reference(), "at": _written(now())}
        response = jsonify(problem | ({"errors": fields} if fields else {}) | (more or {}))
        response.content_type = "application/problem+json"
    else:
        page = _page_in_frame(status, title, message) if status in IN_FRAME else None
        response = Response(page or _page(status, title, message, wait))
    response.status_code = status
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


def _written(at: datetime) -> str:
    if is_program():
        return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return str(current_app.jinja_env.filters["second"](at))


def _page_in_frame(status: int, title: str, message: str) -> str | None:
    """Render the page with the navigation of whoever is signed in; None for others, and while nobody can say."""
    try:
        if visitor() is None:
            return None
        g.in_frame = True
        return render_template(
            "error_in_frame.html",
            status=status,
            title=title,
            message=message,
            reference=reference(),
            at=now(),
        )
    except EngineUnavailable:
        return None


def _page(status: int, title: str, message: str, wait: int | None) -> str:
    """Render the page without the usual context: finding the current user may be what failed."""
    who: Actor | None = getattr(g.get("_login_user"), "actor", None)
    template = current_app.jinja_env.get_template("error.html")
    return template.render(
        status=status,
        title=title,
        message=message,
        reference=reference(),
        at=now(),
        theme=who.theme if who else "system",
        viewing=who.name if who and who.viewer else None,
        wait=wait,
        sent=_is_sent(),
    )


def reference() -> str:
    """Return this request's id, which is in the log too."""
    return str(request.environ[ID])


def _is_sent() -> bool:
    """Tell whether the request submits a form rather than reads a page."""
    return request.method not in ("GET", "HEAD")


def _service_error(error: Exception) -> BaseResponse:
    status = status_of(error)
    if status == 401 and not wants_json():
        if _is_sent():
            flash(SIGNED_OUT, "info")
        target = request.full_path.rstrip("?") if request.method == "GET" else page_before()
        return redirect(url_for("auth.login", next=target))
    code = error.code if isinstance(error, ServiceError) else "unavailable" if status == 503 else "invalid"
    if status != 503:
        wait = error.seconds if isinstance(error, Throttled) else None
        fields, more = getattr(error, "fields", None), getattr(error, "more", None)
        return answer(status, str(error), fields, wait, code=code, more=more)
    log.warning("engine_unavailable", error=type(error).__name__)
    if isinstance(error, Unavailable) and type(error) is not Unavailable:
        return answer(503, error.message, title=NOT_READY)  # reports know more about themselves
    return answer(503, _unavailable_message())


def _unavailable_message() -> str:
    if is_program():
        return MESSAGES_FOR_PROGRAMS[503]
    return f"{MESSAGES[503]} {SEND_AGAIN}" if _is_sent() else MESSAGES[503]


def _page_above() -> str | None:
    """Return the page above a form's own URL, for somebody who loads the URL of a refused form again."""
    adapter = current_app.create_url_adapter(request)
    parts = request.path.strip("/").split("/")
    above = ["/".join(["", *parts[:count]]) for count in range(len(parts) - 1, 0, -1)]
    pages = [page for path in above for page in (path, f"{path}/")]
    return next((page for page in pages if adapter and adapter.test(page, method="GET")), None)


def page_before() -> str | None:
    """Return the page whose form was submitted, so that signing in leads back to it."""
    came_from = urlsplit(request.referrer or "")
    adapter = current_app.create_url_adapter(request)
    if came_from.netloc != request.host or adapter is None or not adapter.test(came_from.path, method="GET"):
        return None
    return f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path


def _csrf_error(_: CSRFError) -> BaseResponse:
    """Explain a bad CSRF token; most often the session has ended, in another tab for instance."""
    try:
        if visitor() is None and guard_of(current_app, request.endpoint or "") != PUBLIC:
            return _service_error(SignInNeeded())
    except EngineUnavailable as unknown:
        return _service_error(unknown)
    message = "Nothing was changed: the page was open too long or came from another site. Load it again."
    return answer(400, message)


def _http_error(error: HTTPException) -> BaseResponse:
    status = error.code or 500
    if status < 400:
        return error.get_response()  # a redirect is its own answer
    if status == 405 and not _is_sent() and not wants_json() and (above := _page_above()):
        return redirect(above)
    response = answer(status, _message_of(error, status), wait=_wait_of(error))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _message_of(error: HTTPException, status: int) -> str:
    if status == 429:
        return f"Wait {in_words(_wait_of(error) or RETRY_AFTER[429])}."
    if status == 503:
        return _unavailable_message()
    messages = MESSAGES_FOR_PROGRAMS if is_program() else MESSAGES
    return messages.get(status, error.description or "")


def _wait_of(error: HTTPException) -> int | None:
    """Return how many seconds an error asks to wait, None if it does not say."""
    after = getattr(error, "retry_after", None)
    if isinstance(after, datetime):
        after = (after - now()).total_seconds()
    return None if after is None else max(1, round(after))


def in_words(seconds: int) -> str:
    """Write a duration to wait: 1 second, 30 seconds, 5 minutes."""
    if seconds < 120:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    return f"{-(-seconds // 60)} minutes"


def _unexpected(error: Exception) -> Response:
    log.error("unexpected_error", endpoint=request.endpoint, exc_info=error)
    return answer(500, (MESSAGES_FOR_PROGRAMS if is_program() else MESSAGES)[500])
