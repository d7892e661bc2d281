"""The API for programs: tokens in a header, JSON both ways, and the same services as the pages."""

from flask import Blueprint, Response

from portal.api import (
    audit_log,
    catalog,
    docs,
    events,
    jobs,
    organizations,
    reports,
    roles,
    tickets,
    tokens,
    users,
)

# The order of the description.
CONTROLLERS = (
    tickets.controller,
    events.controller,
    jobs.controller,
    catalog.controller,
    users.controller,
    organizations.controller,
    roles.controller,
    tokens.controller,
    audit_log.controller,
    reports.controller,
    reports.operations,
)
bp = Blueprint("api", __name__, url_prefix="/api/v1")
for _controller in CONTROLLERS:
    _controller.register(bp)
docs_bp = docs.blueprint(CONTROLLERS)

__all__ = ["CONTROLLERS", "bp", "docs_bp"]


@bp.after_request
def challenge(response: Response) -> Response:
    """Tell callers without a token how to authenticate (RFC 6750)."""
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="Ledgerdesk"'
    return response
