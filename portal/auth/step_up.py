"""Confirming that it is you, before something dangerous: a page of its own, or on the way of a form."""

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.auth.views import home, safe_target
from portal.web import error_pages, identity
from portal.web.guards import PROOF, StepUpNeeded, actor, now, services, signed_in
from services.errors import Throttled
from services.users.credentials import StepUpFailed, Way

bp = Blueprint("proof", __name__)
MESSAGE = "Confirm that it is you at {url}, then do this again. Nothing was changed."
# A form with one of these is filled in again rather than handed back with what was typed.
SECRET = ("password", "current", "code", "secret")


def init_app(app: Flask) -> None:
    """Answer whoever has to prove first."""
    app.register_error_handler(StepUpNeeded, _ask)


@bp.get("/account/prove")
@signed_in
def show() -> str:
    """Ask for the password or code."""
    return _page(safe_target(request.args.get("next")))


@bp.post("/account/prove")
@signed_in
def take() -> Response | str:
    """Check the password or code and go on to where it was asked for."""
    target = safe_target(request.form.get("next"))
    try:
        services().users.step_up.prove(actor=actor(), answer=request.form.get(PROOF, ""), now=now())
    except (StepUpFailed, Throttled) as refused:
        return error_pages.with_status(_page(target, error=refused.message), refused)
    if request.form.get("sent"):
        flash("Confirmed. Now send it again.", "info")
    return redirect(target or home())


@bp.post("/account/prove/sign-in")
@signed_in
def again() -> Response:
    """Let somebody without password and code prove it by signing in anew."""
    return identity.end(url_for("auth.login", next=safe_target(request.form.get("next")), fresh=1))


def _ask(needed: StepUpNeeded) -> Response | str:
    """Say 403 to a script, keep a form and ask on its way, or lead to the page and back."""
    if error_pages.wants_json():
        url = url_for("proof.show", next=error_pages.page_before(), sent=1)
        message = MESSAGE.format(url=url_for("proof.show"))
        return error_pages.answer(403, message, more={"proof": url})
    if request.method == "GET":
        return redirect(url_for("proof.show", next=request.full_path.rstrip("?")))
    if request.files or any(word in name for name in request.form for word in SECRET):
        return redirect(url_for("proof.show", next=error_pages.page_before(), sent=1))
    refused = needed.refused
    page = _page(None, action=request.full_path.rstrip("?"), error=refused.message if refused else None)
    return error_pages.with_status(page, refused if isinstance(refused, Throttled) else needed)


def _page(target: str | None, *, action: str = "", error: str | None = None) -> str:
    way = services().users.step_up.way(actor=actor())
    kept = [(name, value) for name, value in request.form.items(multi=True)] if action else []
    return render_template(
        "auth/prove.html",
        way=way,
        error=error,
        action=action if action and way is not Way.SIGN_IN else url_for("proof.take"),
        next=target or "",
        back=target or (action and error_pages.page_before()) or home(),
        sent="sent" in request.values or bool(action),
        kept=[(name, value) for name, value in kept if name not in ("csrf_token", PROOF)],
    )
