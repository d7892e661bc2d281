"""Checks before every page: a missing second factor must be set up first, and viewing as changes nothing."""

from flask import Flask, Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal.web import error_pages
from portal.web.guards import guard_of, visitor
from services.errors import Forbidden
from services.users.identity import Actor, ViewingOnly

SAFE = ("GET", "HEAD", "OPTIONS")
# All that is open to users whose role requires a second factor that is not on yet.
WITHOUT_SECOND_FACTOR = {
    "account.enrol", "account.confirm", "auth.logout", "proof.show", "proof.take", "proof.again",
}  # fmt: skip
# What may be sent while viewing as another user: stopping, signing out, and requests of dashboards for data.
WHILE_VIEWING = {"account.stop_viewing", "auth.logout", "/reports/_dash-update-component"}
# Pages that would show a secret of the other user.
NOT_WHILE_VIEWING = {"account.enrol", "proof.show"}


class SecondFactorNeeded(Forbidden):
    """The user's role requires a second factor, and nothing else is open until it is on."""

    def __init__(self) -> None:
        super().__init__("Your role requires a second factor. Set it up to continue.")


def init_app(app: Flask) -> None:
    """Check before every request, including those of library views, grids and dashboards."""
    app.register_error_handler(SecondFactorNeeded, _lead)

    @app.before_request
    def ask() -> None:
        endpoint = request.endpoint
        public = endpoint is None or guard_of(app, endpoint) == "public"
        who = None if public and request.method in SAFE else visitor()
        if who is None:
            return
        if who.second_factor_missing and not public and endpoint not in WITHOUT_SECOND_FACTOR:
            raise SecondFactorNeeded
        if who.viewer is not None and not _only_reads(endpoint):
            raise ViewingOnly(who.name)


def _only_reads(endpoint: str | None) -> bool:
    if request.method in SAFE:
        return endpoint not in NOT_WHILE_VIEWING
    return endpoint in WHILE_VIEWING


def _lead(needed: SecondFactorNeeded) -> Response | BaseResponse:
    """Redirect a person to the set-up page, and tell a script where it is."""
    url = url_for("account.enrol")
    if error_pages.wants_json():
        return error_pages.answer(403, needed.message, more={"second_factor": url})
    return redirect(url)


def viewing(who: Actor) -> str | None:
    """Return the name of the user that somebody views the product as, None if they do not."""
    return who.name if who.viewer is not None else None
