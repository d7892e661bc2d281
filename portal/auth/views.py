"""The sign-in page, signing out, and the redirect to the right home page."""

from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.ui import grid_links, navigation
from portal.web import error_pages, identity
from portal.web.guards import actor, now, public, services, signed_in, visitor
from services.errors import Throttled
from services.users.accounts import LinkSpent
from services.users.credentials import CodesExhausted, WrongCode
from services.users.identity import BadCredentials, Permission, SignInExpired
from services.users.sign_in import CodeNeeded, SignedIn

bp = Blueprint("auth", __name__)
CODE_LINK_SENT = "We have sent you an email with a link that works for one hour."


@bp.context_processor
def ways() -> dict[str, object]:
    """Give the sign-in pages the list of providers."""
    return {"providers": services().users.single_sign_on.providers}


@bp.get("/")
@public
def front() -> Response:
    """Redirect to the home page of the signed-in user, or to the sign-in page."""
    if visitor() is None:
        return redirect(url_for("auth.login"))
    return redirect(home())


@bp.get("/login")
@public
def login() -> str | Response:
    """Show the sign-in page, or redirect if somebody is already signed in."""
    target = safe_target(request.args.get("next"))
    if visitor():
        return redirect(target or home())
    return render_template(
        "auth/login.html", email=request.args.get("email", "")[:254], next=target or "", error=None
    )


@bp.post("/login")
@public
def sign_in() -> Response:
    """Check the password; start a session, or ask for the second factor."""
    email, target = request.form.get("email", ""), safe_target(request.form.get("next"))
    try:
        result = services().users.authentication.sign_in(
            email=email, password=request.form.get("password", ""), origin=identity.origin(), now=now()
        )
    except (BadCredentials, Throttled) as refused:
        page = render_template("auth/login.html", email=email[:254], next=target or "", error=refused.message)
        return error_pages.with_status(page, refused)
    if isinstance(result, CodeNeeded):
        page = render_template("auth/code.html", token=result.token, email=email[:254], next=target or "")
        return Response(page, mimetype="text/html")
    return start_browser_session(result, target)


@bp.post("/login/code")
@public
def finish() -> Response:
    """Check the second factor and start the session."""
    form, target = request.form, safe_target(request.form.get("next"))
    token, email = form.get("token", ""), form.get("email", "")[:254]
    try:
        result = services().users.authentication.finish_sign_in(
            token=token, code=form.get("code", ""), origin=identity.origin(), now=now()
        )
    except SignInExpired as expired:
        page = render_template("auth/login.html", email=email, next=target or "", error=expired.message)
        return error_pages.with_status(page, expired)
    except (WrongCode, Throttled) as refused:
        return _code_page(refused)
    return start_browser_session(result, target)


@bp.post("/login/code/link")
@public
def send_code_link() -> Response:
    """Send a link with which codes can be entered although too many wrong ones were."""
    form = request.form
    try:
        services().users.authentication.send_code_link(token=form.get("token", ""), now=now())
    except SignInExpired as expired:
        page = render_template(
            "auth/login.html", email=form.get("email", "")[:254], next="", error=expired.message
        )
        return error_pages.with_status(page, expired)
    except Throttled as refused:
        return _code_page(refused)
    return Response(_code_form(sent=CODE_LINK_SENT), mimetype="text/html")


@bp.get("/account/code/<token>")
@public
def look_at_code_link(token: str) -> str | Response:
    """Ask for a code if the link is valid."""
    try:
        services().users.authentication.look_up_code_link(token=token, now=now())
    except LinkSpent as spent:
        return _spent(spent)
    return _code_form(link=True)


@bp.post("/account/code/<token>")
@public
def finish_with_link(token: str) -> Response:
    """Check a code that is entered with a link, and start the session."""
    try:
        result = services().users.authentication.finish_with_link(
            token=token, code=request.form.get("code", ""), origin=identity.origin(), now=now()
        )
    except LinkSpent as spent:
        return _spent(spent)
    except (WrongCode, Throttled) as refused:
        return _code_page(refused, link=True)
    return start_browser_session(result, None)


def _code_page(refused: WrongCode | Throttled, *, link: bool = False) -> Response:
    """Ask for a code again, and offer a link where codes are not accepted for a while."""
    exhausted = isinstance(refused, CodesExhausted)
    return error_pages.with_status(_code_form(error=refused.message, exhausted=exhausted, link=link), refused)


def _code_form(**context: object) -> str:
    form = request.form
    return render_template(
        "auth/code.html",
        token=form.get("token", ""),
        email=form.get("email", "")[:254],
        next=safe_target(form.get("next")) or "",
        **context,
    )


def _spent(spent: LinkSpent) -> Response:
    page = render_template("auth/link_spent.html", message=spent.message, again=url_for("auth.login"))
    return error_pages.with_status(page, spent)


def start_browser_session(result: SignedIn, target: str | None) -> Response:
    """Give the browser its new session and end any earlier one of this browser."""
    old = request.cookies.get(identity.cookie_name())
    if old:
        services().users.sessions.revoke(token=old)
    response = redirect(target or url_for("auth.front"))
    identity.set_session_cookies(response, result)
    return response


@bp.post("/logout")
@signed_in
def logout() -> Response:
    """End this session."""
    return identity.end()


@bp.post("/preferences/theme")
@signed_in
def theme() -> Response:
    """Save the user's choice of light, dark or system."""
    chosen = request.form.get("theme", "")
    services().users.accounts.set_theme(actor=actor(), theme=chosen)
    fetched = request.headers.get("X-Requested-With") == "fetch"
    target = safe_target(request.form.get("next")) or home()
    return Response(status=204) if fetched else redirect(target)


@bp.post("/preferences/after-sending")
@signed_in
def after_sending() -> Response:
    """Save where the user goes on after sending a message."""
    chosen = request.form.get("after_sending", "")
    services().users.accounts.set_after_sending(actor=actor(), choice=chosen)
    flash("Saved.", "success")
    return redirect(url_for("account.own"))


def home() -> str:
    """Return the home page of the signed-in user: the first page that their role allows."""
    who = actor()
    if who.role_id == "manager" and who.may(Permission.REPORT_VIEW):
        return navigation.DASHBOARDS
    if who.on_desk and who.may(Permission.TICKET_NOTE):
        mine = {"assignee": who.user_id} if who.role_id == "agent" else {}
        return grid_links.tickets(**mine, state="open")
    if who.may(Permission.TICKET_VIEW):
        return url_for("help.home")
    pages = [item["url"] for group in navigation.groups(who) for item in group["items"]]
    return str(pages[0]) if pages else url_for("account.own")


def safe_target(target: str | None) -> str | None:
    """Return a path on this site, None for anything that could lead elsewhere."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\\" in target:
        return None
    parts = urlsplit(target)
    clean = not parts.scheme and not parts.netloc and all(c.isprintable() for c in target)
    return target if clean else None
