"""Registration: a request, a link by e-mail, and a password."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.web import error_pages, identity
from portal.web.guards import now, public, services
from services.errors import EngineUnavailable, Invalid, Throttled
from services.users.accounts import LinkSpent, RegistrationClosed

bp = Blueprint("registration", __name__, url_prefix="/register")
LINK_SENT = (
    "If you can register with this address, we have sent you an email with a link that works for one day."
)


@bp.app_template_global("registration_is_open")
def is_open() -> bool:
    """Tell other pages whether to link here, at most a few seconds old; False while the engine is unavailable."""
    try:
        return services().users.registration_policy.get().is_open
    except EngineUnavailable:
        return False


@bp.get("")
@public
def form() -> str:
    """Ask for name and address."""
    if not services().users.registration.is_open():
        raise RegistrationClosed
    return _form()


@bp.post("")
@public
def ask() -> Response | str:
    """Request an account; the response is the same whatever is known about the address."""
    name, email = request.form.get("name", ""), request.form.get("email", "")
    try:
        services().users.registration.ask(name=name, email=email, origin=identity.origin(), now=now())
    except Invalid as refused:
        page = _form(name=name[:100], email=email[:254], errors=refused.fields)
        return error_pages.with_status(page, refused)
    except Throttled as refused:
        page = _form(name=name[:100], email=email[:254], errors={"email": refused.message})
        return error_pages.with_status(page, refused)
    return _form(sent=LINK_SENT)


@bp.get("/<token>")
@public
def choose(token: str) -> str | Response:
    """Show the form for a password if the link is valid."""
    try:
        registration = services().users.registration.look_up(token=token, now=now())
    except LinkSpent as spent:
        return _spent(spent)
    return _password(registration.email)


@bp.post("/<token>")
@public
def register(token: str) -> Response:
    """Create the account, use the link up, and go to the sign-in page."""
    try:
        chosen = services().users.registration.register(
            token=token, password=request.form.get("password", ""), origin=identity.origin(), now=now()
        )
    except LinkSpent as spent:
        return _spent(spent)
    except (Invalid, Throttled) as refused:
        email = request.form.get("email", "")[:254]
        return error_pages.with_status(_password(email, refused.message), refused)
    flash("Your account is ready. Sign in with your password.", "success")
    response = redirect(url_for("auth.login", email=chosen.user.email))
    identity.set_device_cookie(response, chosen.device_token)
    return response


def _form(
    name: str = "", email: str = "", errors: dict[str, str] | None = None, sent: str | None = None
) -> str:
    return render_template("auth/register.html", name=name, email=email, errors=errors or {}, sent=sent)


def _password(email: str, error: str | None = None) -> str:
    return render_template("auth/choose_password.html", email=email, purpose="welcome", error=error)


def _spent(spent: LinkSpent) -> Response:
    again = url_for("registration.form") if is_open() else None
    page = render_template("auth/link_spent.html", message=spent.message, again=again)
    return error_pages.with_status(page, spent)
