"""Step-up: confirming the password or a code before a sensitive operation, on a page or within a form."""

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.auth.views import home, safe_target
from portal.web import error_pages, identity
from portal.web.guards import STEP_UP_FIELD, StepUpNeeded, actor, now, services, signed_in
from services.errors import Throttled
from services.users.credentials import CodesExhausted, StepUpFailed, StepUpMethod

bp = Blueprint("proof", __name__)
MESSAGE = "Confirm your identity at {url}, then try again. Nothing was changed."
# A form with one of these fields must be filled in again: its values are not sent back.
SECRET = ("password", "current", "code", "secret")


def init_app(app: Flask) -> None:
    """Answer requests that need a step-up first."""
    app.register_error_handler(StepUpNeeded, _ask)


@bp.get("/account/prove")
@signed_in
def show() -> str:
    """Ask for the password or code."""
    return _page(safe_target(request.args.get("next")))


@bp.post("/account/prove")
@signed_in
def take() -> Response | str:
    """Check the password or code and return to where it was needed."""
    target = safe_target(request.form.get("next"))
    try:
        services().users.step_up.verify(actor=actor(), answer=request.form.get(STEP_UP_FIELD, ""), now=now())
    except (StepUpFailed, Throttled) as refused:
        page = _page(target, error=refused.message, exhausted=isinstance(refused, CodesExhausted))
        return error_pages.with_status(page, refused)
    if request.form.get("sent"):
        flash("Confirmed. Now submit the form again.", "info")
    return redirect(target or home())


@bp.post("/account/prove/sign-in")
@signed_in
def again() -> Response:
    """Let somebody without password and code sign in again instead."""
    return identity.end(url_for("auth.login", next=safe_target(request.form.get("next")), fresh=1))


def _ask(needed: StepUpNeeded) -> Response | str:
    """Answer a script with 403, keep a form and ask within it, or redirect to the page and back."""
    if error_pages.wants_json():
        url = url_for("proof.show", next=error_pages.page_before(), sent=1)
        message = MESSAGE.format(url=url_for("proof.show"))
        return error_pages.answer(403, message, more={"proof": url})
    if request.method == "GET":
        return redirect(url_for("proof.show", next=request.full_path.rstrip("?")))
    if request.files or any(word in name for name in request.form for word in SECRET):
        return redirect(url_for("proof.show", next=error_pages.page_before(), sent=1))
    refused = needed.refused
    page = _page(
        None,
        action=request.full_path.rstrip("?"),
        error=refused.message if refused else None,
        exhausted=isinstance(refused, CodesExhausted),
    )
    return error_pages.with_status(page, refused if isinstance(refused, Throttled) else needed)


def _page(target: str | None, *, action: str = "", error: str | None = None, exhausted: bool = False) -> str:
    method = services().users.step_up.method(actor=actor())
    form_fields = [(name, value) for name, value in request.form.items(multi=True)] if action else []
    return render_template(
        "auth/prove.html",
        way=method,
        error=error,
        exhausted=exhausted,
        action=action if action and method is not StepUpMethod.SIGN_IN else url_for("proof.take"),
        next=target or "",
        back=target or (action and error_pages.page_before()) or home(),
        sent="sent" in request.values or bool(action),
        kept=[(name, value) for name, value in form_fields if name not in ("csrf_token", STEP_UP_FIELD)],
    )
