"""Health checks: whether this process is alive, and whether it is ready."""

from flask import Blueprint, Response, jsonify

from portal.web.guards import public, services

RETRY_AFTER = "2"  # seconds; a result is cached for one

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def alive() -> Response:
    """Report that the process serves requests, whatever else is down: restarting it would not help."""
    return jsonify(status="ok")


@bp.get("/readyz")
@public
def ready() -> Response:
    """Report whether the database engine responds and has the tables."""
    obstacle = services().readiness.obstacle()
    answer = jsonify(status=obstacle or "ok")
    if obstacle:
        answer.status_code = 503
        answer.headers["Retry-After"] = RETRY_AFTER
    return answer
