"""What the dashboards get from the portal: who may see them, and the page around them."""

from collections.abc import Sequence

from flask import Flask, render_template

from portal.web.guards import actor, register_guard
from services.users.identity import Actor, Permission, PermissionDenied

PREFIX = "/reports/"


def admit(app: Flask, script_hashes: Sequence[str]) -> None:
    """Allow the mounted app's own inline scripts, and declare that its gate guards its routes."""
    app.extensions["dash_hashes"] = script_hashes
    register_guard(app, PREFIX, "reports")
    register_guard(app, "_reports_dash_assets.", "reports")


def guard() -> Actor:
    """Return the actor of a request to the dashboards; raises SignInNeeded or PermissionDenied."""
    who = actor()
    if not who.may(Permission.REPORT_VIEW):
        raise PermissionDenied(Permission.REPORT_VIEW)
    return who


def shell(parts: dict[str, str]) -> str:
    """Render the portal's page around Dash's parts."""
    return render_template("reports/index.html", **parts)
