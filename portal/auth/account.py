"""The user's own account: password reset, password, sessions, second factor, data export."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.ui.download import personal_data_response
from portal.web import error_pages, identity
from portal.web.guards import actor, now, public, services, signed_in, step_up_required
from services.errors import Invalid, Throttled
from services.users.accounts import LinkSpent, Purpose
from services.users.credentials import AlreadyOn, Session, SessionGone
from services.users.identity import Actor, Permission

bp = Blueprint("account", __name__)
RESET_SENT = (
    "If there is an account with this address, we have sent it an email with a link that works for one hour."
)


@bp.get("/forgot")
@public
def forgot() -> str:
    """Show the form that asks for the address to send a reset link to."""
    return render_template("auth/forgot.html", email="", error=None)


@bp.post("/forgot")
@public
def ask() -> Response | tuple[str, int] | str:
    """Request a reset link; the response is the same whether the address has an account or not."""
    email = request.form.get("email", "")
    try:
        services().users.own_account.ask_for_reset(email=email, origin=identity.origin(), now=now())
    except (Invalid, Throttled) as refused:
        return error_pages.with_status(
            render_template("auth/forgot.html", email=email[:254], error=refused.message), refused
        )
    return render_template("auth/forgot.html", email=email[:254], error=None, sent=RESET_SENT)


@bp.get("/account/<any(welcome, reset):purpose>/<token>")
@public
def choose(purpose: str, token: str) -> str | Response:
    """Show the form for a new password if the link is valid."""
    try:
        user = services().users.own_account.look_up(token=token, purpose=Purpose(purpose), now=now())
    except LinkSpent as spent:
        return error_pages.with_status(render_template("auth/link_spent.html", message=spent.message), spent)
    return render_template("auth/choose_password.html", email=user.email, purpose=purpose, error=None)


@bp.post("/account/<any(welcome, reset):purpose>/<token>")
@public
def set_password(purpose: str, token: str) -> Response:
    """Set the password, use the link up, and go to the sign-in page."""
    password, email = request.form.get("password", ""), request.form.get("email", "")[:254]
    try:
        chosen = services().users.own_account.choose_password(
            token=token, purpose=Purpose(purpose), password=password, origin=identity.origin(), now=now()
        )
    except LinkSpent as spent:
        return error_pages.with_status(render_template("auth/link_spent.html", message=spent.message), spent)
    except (Invalid, Throttled) as refused:
        page = render_template(
            "auth/choose_password.html", email=email, purpose=purpose, error=refused.message
        )
        return error_pages.with_status(page, refused)
    flash("Your new password has been set. Sign in with it.", "success")
    response = redirect(url_for("auth.login", email=chosen.user.email))
    identity.set_device_cookie(response, chosen.device_token)
    return response


@bp.get("/account/")
@signed_in
def own() -> str:
    """Show the account page: address, password, second factor and sessions."""
    return page()


@bp.post("/account/password")
@signed_in
def change_password() -> Response | str:
    """Change the password and sign out all other devices."""
    form = request.form
    try:
        services().users.own_account.change_password(
            actor=actor(),
            current=form.get("current", ""),
            password=form.get("password", ""),
            session_id=actor().session_id,
            revoke_tokens="revoke_tokens" in form,
            now=now(),
        )
    except (Invalid, Throttled) as refused:
        return error_pages.with_status(page(getattr(refused, "fields", {"current": str(refused)})), refused)
    tokens = " Your API tokens have been revoked." if "revoke_tokens" in form else ""
    flash(f"Your password has been changed, and your other devices are signed out.{tokens}", "success")
    return redirect(url_for("account.own"))


@bp.post("/account/devices/end")
@signed_in
def end_device() -> Response:
    """Sign out one of the user's devices, or all others."""
    who, chosen = actor(), request.form.get("session", "")
    devices = services().users.devices
    if chosen == "others":
        devices.end_all(actor=who, user_id=who.user_id, now=now())
        flash("All other devices have been signed out. API tokens still work.", "success")
    elif chosen == who.session_id:
        return identity.end()
    else:
        try:
            devices.end(actor=who, user_id=who.user_id, session_id=chosen, now=now())
            flash("The device has been signed out.", "success")
        except SessionGone as gone:
            flash(gone.message, "info")
    return redirect(url_for("account.own"))


@bp.get("/account/second-factor")
@signed_in
@step_up_required
def enrol() -> str:
    """Show the QR code to scan."""
    return _enrolment(None)


@bp.post("/account/second-factor")
@signed_in
@step_up_required
def confirm() -> Response | str:
    """Turn the second factor on and show the recovery codes, only this once."""
    form = request.form
    try:
        codes = services().users.second_factor.confirm(
            actor=actor(), token=form.get("token", ""), code=form.get("code", ""), now=now()
        )
    except AlreadyOn as loaded_again:
        flash(loaded_again.message, "info")
        return redirect(url_for("account.own"))
    except Invalid as refused:
        return error_pages.with_status(_enrolment(refused.message, form.get("token", "")), refused)
    return render_template("auth/recovery_codes.html", codes=codes, required=actor().second_factor_missing)


@bp.post("/account/second-factor/off")
@signed_in
@step_up_required
def turn_off() -> Response:
    """Turn the user's second factor off, unless their role requires it."""
    try:
        services().users.second_factor.turn_off(actor=actor(), user_id=actor().user_id, now=now())
        flash("The second factor is off.", "success")
    except Invalid as refused:
        flash(refused.message, "error")
    return redirect(url_for("account.own"))


@bp.post("/account/viewing/stop")
@signed_in
def stop_viewing() -> Response:
    """Stop viewing as another user."""
    services().users.view_as.stop(actor=actor(), now=now())
    return redirect(url_for("auth.front"))


@bp.post("/account/export")
@signed_in
@step_up_required
def export() -> Response:
    """Download all data about the user."""
    return personal_data_response(actor().user_id)


def page(errors: dict[str, str] | None = None, email: str = "") -> str:
    """Render the account page, with errors and the address that was typed, if any."""
    who = actor()
    devices = _devices(who)
    return render_template(
        "auth/account.html",
        devices=devices,
        here=who.session_id,
        address=services().users.email_addresses.own(actor=who, now=now()),
        email=email,
        has_second_factor=services().users.second_factor.is_on(who.user_id),
        second_factor_required=services().users.second_factor.is_required(who),
        has_password=services().users.own_account.has_password(who),
        may_have_tokens=who.may(Permission.TOKEN_CREATE),
        has_tokens=bool(services().users.api_tokens.own(actor=who)),
        after_sending=who.after_sending,
        errors=errors or {},
    )


def _enrolment(error: str | None, token: str = "") -> str:
    enrolment = services().users.second_factor.begin(actor(), token)
    required = actor().second_factor_missing
    return render_template("auth/second_factor.html", enrolment=enrolment, error=error, required=required)


def _devices(who: Actor) -> list[Session]:
    """List the user's sessions; somebody who views as them needs the permission to end sessions."""
    asks = who.viewer or who
    if not asks.may(Permission.SESSION_REVOKE) and who.viewer:
        return []
    return services().users.devices.list_for_user(actor=asks, user_id=who.user_id, now=now())
