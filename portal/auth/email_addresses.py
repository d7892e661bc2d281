"""The user's own e-mail address: confirming it by a link, and changing it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.auth.account import page as account_page
from portal.web import error_pages
from portal.web.guards import actor, now, public, services, signed_in
from services.errors import Conflicted, Invalid, Throttled
from services.users.accounts import LinkSpent

bp = Blueprint("addresses", __name__, url_prefix="/account")
SENT = "We have sent an email with a link to {email}. Nothing changes until you open the link."


@bp.get("/verify/<token>")
@public
def look(token: str) -> str | Response:
    """Ask whether to confirm an address; opening the link changes nothing, since mail scanners open links too."""
    try:
        email = services().users.email_addresses.look_up(token=token, now=now())
    except LinkSpent as spent:
        return _spent(spent)
    return render_template("auth/confirm_address.html", email=email)


@bp.post("/verify/<token>")
@public
def confirm(token: str) -> Response:
    """Confirm the address and use the link up."""
    try:
        services().users.email_addresses.confirm(token=token, now=now())
    except LinkSpent as spent:
        return _spent(spent)
    flash("Your email address has been confirmed.", "success")
    return redirect(url_for("account.own"))


@bp.post("/email")
@signed_in
def change() -> Response:
    """Send a link to a new address."""
    email = request.form.get("email", "")
    try:
        services().users.email_addresses.ask_for_change(
            actor=actor(), email=email, password=request.form.get("proof", ""), now=now()
        )
    except (Invalid, Throttled) as refused:
        problems = getattr(refused, "fields", None) or {"proof": refused.message}
        return error_pages.with_status(account_page(problems, email=email[:254]), refused)
    flash(SENT.format(email=email.strip()[:254]), "success")
    return redirect(url_for("account.own"))


@bp.post("/email/confirm")
@signed_in
def ask() -> Response:
    """Send a link to the current address, which is not confirmed yet."""
    try:
        services().users.email_addresses.ask_to_confirm(actor=actor(), now=now())
    except (Invalid, Throttled, Conflicted) as refused:
        flash(refused.message, "error")
    else:
        flash("We have sent you an email with a link.", "success")
    return redirect(url_for("account.own"))


def _spent(spent: LinkSpent) -> Response:
    again = url_for("account.own")
    page = render_template("auth/link_spent.html", message=spent.message, again=again)
    return error_pages.with_status(page, spent)
