"""The access preview on a role's page: what saving it would change, asked for by a button of its form."""

from collections.abc import Mapping
from typing import Any

from flask import request

from portal.web.guards import actor, services
from services.reporting import Preview
from services.users.identity import Permission, Scope

NAMED = 50  # people listed by name
TEAMS = 8


def asked() -> bool:
    """Tell whether the form was sent by the preview's button."""
    return request.method == "POST" and "preview" in request.form


def of_form(editing: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Describe what saving the form would change, None where nobody asked."""
    if editing is None or not asked():
        return None
    permissions = {Permission(name): Scope[scope.upper()] for name, scope in editing["scopes"].items()}
    preview = services().reporting.access_preview.of_role(
        actor=actor(), role_id=editing["role_id"], permissions=permissions
    )
    return _shown(preview)


def _shown(preview: Preview) -> dict[str, Any]:
    count = len(preview.people)
    return {
        "gained": _changes(preview.gained),
        "lost": _changes(preview.lost),
        "count": f"{count}+" if preview.more else str(count),
        "people": _people(preview),
        "others": f"{count - NAMED}{'+' if preview.more else ''}" if count > NAMED else "",
        "reach": preview.reach,
        "gainers": len(preview.reach.gains) if preview.reach else 0,
        "losers": len(preview.reach.losses) if preview.reach else 0,
        "at_least": preview.more,
        "teams": _teams(preview),
        "uncounted": preview.uncounted,
    }


def _changes(changes: tuple[tuple[Permission, Scope, Scope], ...]) -> list[tuple[str, str, str]]:
    return [(str(permission), was.name.lower(), will.name.lower()) for permission, was, will in changes]


def _people(preview: Preview) -> list[dict[str, Any]]:
    """List people, those whose tickets change the most first."""
    gains, losses = (preview.reach.gains, preview.reach.losses) if preview.reach else ({}, {})
    ordered = sorted(
        preview.people, key=lambda user: -gains.get(user.user_id, 0) - losses.get(user.user_id, 0)
    )
    return [
        {"id": user.user_id, "name": user.name, "gains": gains.get(user.user_id, 0),
         "losses": losses.get(user.user_id, 0)}
        for user in ordered[:NAMED]
    ]  # fmt: skip


def _teams(preview: Preview) -> list[tuple[str, int]]:
    """List the teams whose tickets are revealed, most first; the rest falls together."""
    if preview.reach is None:
        return []
    names = services().catalog.names("team")
    ordered = sorted(preview.reach.by_team.items(), key=lambda pair: (-pair[1], pair[0] or ""))
    named = [(names.get(team, team) if team else "No team", number) for team, number in ordered]
    rest = sum(number for _, number in named[TEAMS:])
    return named[:TEAMS] + ([("Other teams", rest)] if rest else [])
