"""Asked before any page: who lacks a second factor sets it up, who only looks changes nothing."""

from flask import Flask, Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal.web import error_pages
from portal.web.guards import guard_of, visitor
from services.errors import Forbidden
from services.users.identity import Actor, ViewingOnly

SAFE = ("GET", "HEAD", "OPTIONS")
# All there is for somebody whose role demands a second factor that is not on yet.
WITHOUT_SECOND_FACTOR = {
    "account.enrol", "account.confirm", "auth.logout", "proof.show", "proof.take", "proof.again",
}  # fmt: skip
# What somebody may send who looks at the product as another person: the way out, and questions of dashboards.
WHILE_VIEWING = {"account.stop_viewing", "auth.logout", "/reports/_dash-update-component"}
# Pages that would show a secret of the other person.
NOT_WHILE_VIEWING = {"account.enrol", "proof.show"}


class SecondFactorNeeded(Forbidden):
    """The person's role demands a second factor, and nothing is open until it is on."""

    def __init__(self) -> None:
        super().__init__("Your role requires a second factor. Set it up, then everything is open again.")


def init_app(app: Flask) -> None:
    """Ask before every request; library views, grids and dashboards come after it like all others."""
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
    """Lead a person to the page that sets it up, and tell a script where that is."""
    url = url_for("account.enrol")
    if error_pages.wants_json():
        return error_pages.answer(403, needed.message, more={"second_factor": url})
    return redirect(url)


def viewing(who: Actor) -> str | None:
    """Name whom somebody looks at the product as, None for everybody else."""
    return who.name if who.viewer is not None else None
