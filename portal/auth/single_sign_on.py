"""Signing in with a provider: the redirect there, and its response."""

import structlog
from flask import Blueprint, Response, current_app, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from portal.auth.views import home, safe_target, start_browser_session
from portal.web import error_pages, identity
from portal.web.guards import now, public, services, visitor
from services.errors import ServiceError, Throttled
from services.users.identity import SignInExpired
from services.users.sign_in import Answer, CodeNeeded, SignOnFailed

log = structlog.get_logger()
bp = Blueprint("sign_on", __name__, url_prefix="/login")
NOTE_SECONDS = 600


@bp.get("/with/<provider>")
@public
def leave(provider: str) -> BaseResponse:
    """Redirect the browser to a provider, with a note that only this browser can bring back."""
    target = safe_target(request.args.get("next")) or ""
    if visitor():
        return redirect(target or home())
    try:
        provider_redirect = services().users.single_sign_on.begin(
            provider_id=provider, target=target, fresh="fresh" in request.args
        )
    except SignOnFailed as failed:
        return _failed(provider, failed)
    response = redirect(provider_redirect.url)
    _keep_note(response, provider_redirect.note, NOTE_SECONDS)
    return response


@bp.get("/from/<provider>")
@public
def come_back(provider: str) -> BaseResponse:
    """Take a provider's response and start the session, or ask for the second factor."""
    args = request.args
    answer = Answer(
        note=request.cookies.get(_note_name(), ""),
        state=args.get("state", ""),
        code=args.get("code", ""),
        error=args.get("error", ""),
        issuer=args.get("iss"),
    )
    try:
        result, target = services().users.single_sign_on.complete(
            provider_id=provider, answer=answer, origin=identity.origin(), now=now()
        )
    except (SignOnFailed, SignInExpired, Throttled) as failed:
        response = _failed(provider, failed)
    else:
        response = (
            _ask_code(result, target)
            if isinstance(result, CodeNeeded)
            else start_browser_session(result, target)
        )
    _keep_note(response, "", 0)
    return response


def _ask_code(result: CodeNeeded, target: str) -> BaseResponse:
    page = render_template("auth/code.html", token=result.token, email="", next=target)
    return Response(page, mimetype="text/html")


def _failed(provider: str, failed: ServiceError) -> BaseResponse:
    """Show why the sign-in failed; the log gets the reason, never what the browser brought back."""
    reason = getattr(failed, "reason", type(failed).__name__)
    log.warning("sign_on_failed", provider=provider, reason=reason, reference=error_pages.reference())
    page = render_template("auth/sign_on_failed.html", message=failed.message)
    return error_pages.with_status(page, failed)


def _note_name() -> str:
    return "__Host-sign-on" if current_app.config["SESSION_COOKIE_SECURE"] else "ledgerdesk_sign_on"


def _keep_note(response: BaseResponse, note: str, seconds: int) -> None:
    """Store the note in a cookie; Lax, because it comes back by a link from another site."""
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    response.set_cookie(
        _note_name(), note, max_age=seconds, httponly=True, samesite="Lax", secure=secure, path="/"
    )
