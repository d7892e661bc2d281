"""What the dashboards get from the portal: who may see them, the page around them, the way to the tickets."""

from typing import Any

from flask import render_template

from portal.guards import actor
from services.users import Actor, Permission, PermissionDenied

PREFIX = "/reports/"


def guard() -> Actor:
    """Return the actor of a request to the dashboards; raises SignInNeeded or PermissionDenied."""
    found = actor()
    if not found.may(Permission.REPORT_VIEW):
        raise PermissionDenied(Permission.REPORT_VIEW)
    return found


def shell(parts: dict[str, str]) -> str:
    """Render the portal's page around Dash's parts."""
    return render_template("reports/index.html", **parts)
