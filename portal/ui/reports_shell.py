"""What the dashboards get from the portal: who may see them, the page around them, the way to the tickets."""

from collections.abc import Sequence

from flask import Flask, render_template

from portal.web.guards import actor, vouch
from services.users.identity import Actor, Permission, PermissionDenied

PREFIX = "/reports/"


def admit(app: Flask, script_hashes: Sequence[str]) -> None:
    """Let the mounted app's own inline scripts run, and note that its gate guards its routes."""
    app.extensions["dash_hashes"] = script_hashes
    vouch(app, PREFIX, "reports")
    vouch(app, "_reports_dash_assets.", "reports")


def guard() -> Actor:
    """Return the actor of a request to the dashboards; raises SignInNeeded or PermissionDenied."""
    found = actor()
    if not found.may(Permission.REPORT_VIEW):
        raise PermissionDenied(Permission.REPORT_VIEW)
    return found


def shell(parts: dict[str, str]) -> str:
    """Render the portal's page around Dash's parts."""
    return render_template("reports/index.html", **parts)
