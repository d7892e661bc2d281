"""One's own account: the ways back in by mail, the password, the devices, the second factor."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal import errors, identity
from portal.guards import actor, now, proved, public, services, signed_in
from services.errors import Invalid, Throttled
from services.users import LinkSpent, Purpose

bp = Blueprint("account", __name__)
ASKED = "If this address has an account, a letter with a link is on its way. It works for one hour."


@bp.get("/forgot")
@public
def forgot() -> str:
    """Ask for the address that gets a link to a new password."""
    return render_template("auth/forgot.html", email="", error=None)


@bp.post("/forgot")
@public
def ask() -> Response | tuple[str, int] | str:
    """Take the address down; the answer is the same whether somebody has it or not."""
    email = request.form.get("email", "")
    try:
        services().accounts.ask_for_reset(email=email, origin=identity.origin(), now=now())
    except (Invalid, Throttled) as refused:
        return errors.with_status(
            render_template("auth/forgot.html", email=email[:254], error=refused.message), refused
        )
    return render_template("auth/forgot.html", email=email[:254], error=None, sent=ASKED)


@bp.get("/account/<any(welcome, reset):purpose>/<token>")
@public
def choose(purpose: str, token: str) -> str | Response:
    """Show the form for a new password to who has a good link."""
    try:
        person = services().accounts.look_up(token=token, purpose=Purpose(purpose), now=now())
    except LinkSpent as spent:
        return errors.with_status(render_template("auth/link_spent.html", message=spent.message), spent)
    return render_template("auth/choose_password.html", email=person.email, purpose=purpose, error=None)


@bp.post("/account/<any(welcome, reset):purpose>/<token>")
@public
def set_password(purpose: str, token: str) -> Response:
    """Set the password; the link is used up and the person signs in with it."""
    password, email = request.form.get("password", ""), request.form.get("email", "")[:254]
    try:
        person = services().accounts.choose_password(
            token=token, purpose=Purpose(purpose), password=password, now=now()
        )
    except LinkSpent as spent:
        return errors.with_status(render_template("auth/link_spent.html", message=spent.message), spent)
    except (Invalid, Throttled) as refused:
        page = render_template(
            "auth/choose_password.html", email=email, purpose=purpose, error=refused.message
        )
        return errors.with_status(page, refused)
    flash("Your new password is set. Sign in with it.", "success")
    return redirect(url_for("auth.login", email=person.email))


@bp.get("/account/")
@signed_in
def own() -> str:
    """Show one's devices, and the ways to change the password and the second factor."""
    return _page()


@bp.post("/account/password")
@signed_in
def change_password() -> Response | str:
    """Change the password; all other devices are signed out."""
    form = request.form
    try:
        services().accounts.change_password(
            actor=actor(),
            current=form.get("current", ""),
            password=form.get("password", ""),
            session_id=identity.session_id(),
            now=now(),
        )
    except (Invalid, Throttled) as refused:
        return errors.with_status(
            _page(errors=getattr(refused, "fields", {"current": str(refused)})), refused
        )
    flash("Your password is changed. Your other devices are signed out.", "success")
    return redirect(url_for("account.own"))


@bp.post("/account/devices/end")
@signed_in
def end_device() -> Response:
    """Sign one device of one's own out, or all but this one."""
    chosen, here = request.form.get("session", ""), identity.session_id()
    sessions = services().sessions
    if chosen == "others":
        sessions.revoke_all(user_id=actor().user_id, but=here)
        flash("All other devices are signed out.", "success")
    elif chosen == here:
        return identity.end()
    else:
        sessions.revoke_one(user_id=actor().user_id, session_id=chosen)
        flash("The device is signed out.", "success")
    return redirect(url_for("account.own"))


@bp.get("/account/second-factor")
@signed_in
@proved
def enrol() -> str:
    """Show the picture to scan."""
    enrolment = services().second_factor.begin(actor())
    return render_template("auth/second_factor.html", enrolment=enrolment, error=None)


@bp.post("/account/second-factor")
@signed_in
def confirm() -> Response | str:
    """Turn the second factor on and show the recovery codes this once."""
    form = request.form
    try:
        codes = services().second_factor.confirm(
            actor=actor(), token=form.get("token", ""), code=form.get("code", ""), now=now()
        )
    except Invalid as refused:
        again = services().second_factor.begin(actor())
        page = render_template("auth/second_factor.html", enrolment=again, error=refused.message)
        return errors.with_status(page, refused)
    return render_template("auth/recovery_codes.html", codes=codes)


@bp.post("/account/second-factor/off")
@signed_in
@proved
def turn_off() -> Response:
    """Turn one's own second factor off."""
    services().second_factor.turn_off(actor=actor(), user_id=actor().user_id, now=now())
    flash("The second factor is off.", "success")
    return redirect(url_for("account.own"))


def _page(errors: dict[str, str] | None = None) -> str:
    who = actor()
    devices = services().sessions.of_user(user_id=who.user_id, now=now())
    return render_template(
        "auth/account.html",
        devices=devices,
        here=identity.session_id(),
        has_second_factor=services().second_factor.is_on(who),
        errors=errors or {},
    )
