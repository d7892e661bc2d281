"""Whether this process lives, and whether it can work."""

from flask import Blueprint, Response, jsonify

from portal.web.guards import public, services

AGAIN_AFTER = "2"  # seconds; an answer is kept for one

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def alive() -> Response:
    """Answer that the process serves requests, whatever else is down: restarting it would help nobody."""
    return jsonify(status="ok")


@bp.get("/readyz")
@public
def ready() -> Response:
    """Answer whether the engine answers too, and has the tables."""
    obstacle = services().readiness.obstacle()
    answer = jsonify(status=obstacle or "ok")
    if obstacle:
        answer.status_code = 503
        answer.headers["Retry-After"] = AGAIN_AFTER
    return answer
