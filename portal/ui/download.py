"""Handing out what is held about a person: one ZIP, sent while it is read."""

from flask import Response

from portal.web.guards import actor, now, services
from services.privacy import archive


def personal_data_of(user_id: str) -> Response:
    """Answer with all that is held about a person, as a file that no cache keeps."""
    held = services().privacy.exports.export(actor=actor(), user_id=user_id, now=now())
    response = Response(archive(held), mimetype="application/zip")
    name = f"ledgerdesk-{held.at:%Y-%m-%d}.zip"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
