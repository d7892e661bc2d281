"""One's own API tokens: made, shown this once, revoked."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.ui import formatting
from portal.web import error_pages
from portal.web.guards import actor, needs, now, proved, services, signed_in
from services.errors import Invalid
from services.users.api_tokens import DAYS, TokenNotFound
from services.users.identity import Permission

bp = Blueprint("own_tokens", __name__, url_prefix="/account/tokens")
ENDLESS = "never"


@bp.get("/")
@signed_in
def index() -> str:
    """List one's tokens, and offer a new one to who may have it."""
    return _page()


@bp.post("/")
@needs(Permission.TOKEN_CREATE)
@proved
def create() -> Response | str:
    """Make a token and show it: nobody can show it again."""
    form = request.form
    chosen = form.get("days", "")
    days = int(chosen) if chosen in map(str, DAYS) else None if chosen == ENDLESS else 0
    try:
        token, secret = services().users.api_tokens.create(
            actor=actor(), now=now(), name=form.get("name", ""), scopes=form.getlist("scope"), days=days
        )
    except Invalid as refused:
        return error_pages.with_status(_page(errors=refused.fields or {"name": refused.message}), refused)
    return render_template("auth/new_token.html", token=token, secret=secret)


@bp.post("/revoke")
@signed_in
def revoke() -> Response:
    """End one of one's own tokens."""
    try:
        services().users.api_tokens.revoke(actor=actor(), token_id=request.form.get("token", ""), now=now())
        flash("The token is revoked.", "success")
    except TokenNotFound as gone:
        flash(gone.message, "info")
    return redirect(url_for("own_tokens.index"))


def _page(errors: dict[str, str] | None = None) -> str:
    tokens, form = services().users.api_tokens, request.form
    lasting = [(str(days), f"{days} days") for days in DAYS]
    if tokens.may_be_endless:
        lasting.append((ENDLESS, "No end"))
    may = actor().may(Permission.TOKEN_CREATE)
    return render_template(
        "auth/tokens.html",
        tokens=tokens.own(actor=actor()),
        scopes=[(str(one), one.label) for one in tokens.grantable(actor())] if may else [],
        rights=formatting.PERMISSION_LABELS,
        lasting=lasting,
        name=form.get("name", ""),
        days=form.get("days", "30"),
        chosen=form.getlist("scope"),
        at=now(),
        errors=errors or {},
    )
