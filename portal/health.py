"""Whether this process lives, and whether it can work."""

from flask import Blueprint, Response, jsonify

from models.errors import EngineUnavailable
from portal.guards import public, services
from services.errors import ServiceError

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def alive() -> Response:
    """Answer that the process serves requests."""
    return jsonify(status="ok")


@bp.get("/readyz")
@public
def ready() -> tuple[Response, int] | Response:
    """Answer whether the engine answers too."""
    try:
        services().roles.read("customer")  # not a remembered one: the engine itself must answer
    except (ServiceError, EngineUnavailable):
        return jsonify(status="engine unavailable"), 503
    return jsonify(status="ok")
