"""The download of all data about a person: one ZIP, sent while it is read."""

from flask import Response

from portal.web.guards import actor, now, services
from services.privacy import archive


def personal_data_response(user_id: str) -> Response:
    """Respond with all data about a person, as a file that no cache stores."""
    data = services().privacy.exports.export(actor=actor(), user_id=user_id, now=now())
    response = Response(archive(data), mimetype="application/zip")
    name = f"ledgerdesk-{data.at:%Y-%m-%d}.zip"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
