"""The user's own API tokens: created, shown once, revoked."""

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.ui import formatting
from portal.web import error_pages
from portal.web.guards import actor, needs, now, services, signed_in, step_up_required
from services.errors import Invalid
from services.users.api_tokens import LIFETIME_DAYS, ApiTokenNotFound
from services.users.identity import Permission

bp = Blueprint("own_tokens", __name__, url_prefix="/account/tokens")
NO_EXPIRY = "never"


@bp.get("/")
@signed_in
def index() -> str:
    """List the user's tokens, with the form for a new one if they may create it."""
    return _page()


@bp.post("/")
@needs(Permission.TOKEN_CREATE)
@step_up_required
def create() -> Response | str:
    """Create a token and show its secret, which cannot be shown again."""
    form = request.form
    chosen = form.get("days", "")
    days = int(chosen) if chosen in map(str, LIFETIME_DAYS) else None if chosen == NO_EXPIRY else 0
    try:
        token, secret = services().users.api_tokens.create(
            actor=actor(), now=now(), name=form.get("name", ""), scopes=form.getlist("scope"), days=days
        )
    except Invalid as refused:
        return error_pages.with_status(_page(errors=refused.fields or {"name": refused.message}), refused)
    api = f"{current_app.extensions['settings'].public_url.rstrip('/')}/api/v1"
    return render_template("auth/new_token.html", token=token, secret=secret, api=api)


@bp.post("/revoke")
@signed_in
def revoke() -> Response:
    """Revoke one of the user's tokens."""
    try:
        services().users.api_tokens.revoke(actor=actor(), token_id=request.form.get("token", ""), now=now())
        flash("The token has been revoked.", "success")
    except ApiTokenNotFound as gone:
        flash(gone.message, "info")
    return redirect(url_for("own_tokens.index"))


def _page(errors: dict[str, str] | None = None) -> str:
    tokens, form = services().users.api_tokens, request.form
    lifetimes = [(str(days), f"{days} days") for days in LIFETIME_DAYS]
    if tokens.may_be_endless:
        lifetimes.append((NO_EXPIRY, "No expiry"))
    may = actor().may(Permission.TOKEN_CREATE)
    return render_template(
        "auth/tokens.html",
        tokens=tokens.own(actor=actor()),
        scopes=[(str(one), one.label) for one in tokens.grantable(actor())] if may else [],
        rights=formatting.PERMISSION_LABELS,
        lasting=lifetimes,
        name=form.get("name", ""),
        days=form.get("days", "30"),
        chosen=form.getlist("scope"),
        at=now(),
        errors=errors or {},
    )
