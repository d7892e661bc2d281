"""One table from errors to answers: a page for people, JSON for scripts, never a stack trace."""

import secrets
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, current_app, g, jsonify, redirect, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from models.errors import EngineUnavailable
from portal.guards import SignInNeeded
from pynamodb_grid.listing import ListingError
from pynamodb_grid.listing import Unavailable as ListingUnavailable
from services.errors import Conflicted, Forbidden, Invalid, NotFound, ServiceError, Unavailable

log = structlog.get_logger()

STATUS: tuple[tuple[type[Exception], int], ...] = (
    (SignInNeeded, 401),
    (NotFound, 404),
    (Forbidden, 403),
    (Invalid, 400),
    (Conflicted, 409),
    (Unavailable, 503),
    (EngineUnavailable, 503),
    (ListingUnavailable, 503),
    (ListingError, 400),
)
TITLES = {
    400: "This request cannot be read",
    401: "Sign in to go on",
    403: "This is not open to you",
    404: "There is nothing here",
    405: "This cannot be done here",
    409: "Someone was faster",
    413: "This is too large",
    414: "This address is too long",
    429: "Too many tries",
    500: "Something broke on our side",
    503: "We cannot reach your tickets right now",
}
MESSAGES = {
    400: "Nothing was changed. Go back and try again.",
    403: "Your role does not allow this.",
    404: "The address may be mistyped, or the page has moved.",
    405: "Nothing was changed. Go back and try again.",
    413: "Nothing was saved. A message has at most 64 KB.",
    414: "Nothing was changed. Use fewer filters.",
    429: "Wait a minute, then try again.",
    500: "Nothing you sent was half saved. We have written down what happened.",
    503: "Nothing was lost. We try again in a few seconds.",
}
RETRY_AFTER = 5


def init_app(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(ServiceError, _service_error)
    app.register_error_handler(EngineUnavailable, _service_error)
    app.register_error_handler(ListingError, _service_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def status_of(error: Exception) -> int:
    """Look up the status of a service's error."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def wants_json() -> bool:
    """Tell whether a script asked, not a person."""
    return request.is_json or request.accept_mimetypes.best == "application/json"


def answer(status: int, message: str, fields: dict[str, str] | None = None) -> Response:
    """Answer with a page, or with problem+json for scripts."""
    title = TITLES.get(status, "This did not work")
    if wants_json():
        problem: dict[str, Any] = {"title": title, "status": status, "detail": message}
        response = jsonify(problem | ({"errors": fields} if fields else {}))
        response.content_type = "application/problem+json"
    else:
        response = Response(_page(status, title, message))
    response.status_code = status
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def _page(status: int, title: str, message: str) -> str:
    """Render the page without what other pages are given: finding out who asks may be what went wrong."""
    theme = getattr(getattr(g.get("_login_user"), "actor", None), "theme", "system")
    template = current_app.jinja_env.get_template("error.html")
    return template.render(status=status, title=title, message=message, reference=reference(), theme=theme)


def reference() -> str:
    """Return this request's id, which the log carries too."""
    return str(request.environ.setdefault("ledgerdesk.request_id", secrets.token_hex(6)))


def _service_error(error: Exception) -> BaseResponse:
    status = status_of(error)
    if status == 401 and not wants_json():
        target = request.full_path.rstrip("?") if request.method == "GET" else _page_before()
        return redirect(url_for("auth.login", next=target))
    message = MESSAGES[503] if status == 503 else str(error)
    if status == 503:
        log.warning("engine_unavailable", reference=reference(), error=type(error).__name__)
    return answer(status, message, getattr(error, "fields", None))


def _page_before() -> str | None:
    """Return the page whose form arrived, so that signing in leads back to what was written there."""
    came_from = urlsplit(request.referrer or "")
    adapter = current_app.create_url_adapter(request)
    if came_from.netloc != request.host or adapter is None or not adapter.test(came_from.path, method="GET"):
        return None
    return f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path


def _csrf_error(_: CSRFError) -> Response:
    message = "Nothing was changed: the page was open too long or came from elsewhere. Load it again."
    return answer(400, message)


def _http_error(error: HTTPException) -> BaseResponse:
    status = error.code or 500
    if status < 400:
        return error.get_response()  # type: ignore[return-value]  # a redirect is its own answer
    return answer(status, MESSAGES.get(status, error.description or ""))


def _unexpected(error: Exception) -> Response:
    log.error("unexpected_error", reference=reference(), path=request.path, exc_info=error)
    return answer(500, MESSAGES[500])
