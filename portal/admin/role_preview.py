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
    wanted = {Permission(name): Scope[scope.upper()] for name, scope in editing["scopes"].items()}
    found = services().reporting.access_preview.of_role(
        actor=actor(), role_id=editing["role_id"], permissions=wanted
    )
    return _shown(found)


def _shown(found: Preview) -> dict[str, Any]:
    count = len(found.people)
    return {
        "gained": _changes(found.gained),
        "lost": _changes(found.lost),
        "count": f"{count}+" if found.more else str(count),
        "people": _people(found),
        "others": f"{count - NAMED}{'+' if found.more else ''}" if count > NAMED else "",
        "reach": found.reach,
        "gainers": len(found.reach.gains) if found.reach else 0,
        "losers": len(found.reach.losses) if found.reach else 0,
        "at_least": found.more,
        "teams": _teams(found),
        "uncounted": found.uncounted,
    }


def _changes(changes: tuple[tuple[Permission, Scope, Scope], ...]) -> list[tuple[str, str, str]]:
    return [(str(permission), was.name.lower(), will.name.lower()) for permission, was, will in changes]


def _people(found: Preview) -> list[dict[str, Any]]:
    """List people, those whose tickets change the most first."""
    gains, losses = (found.reach.gains, found.reach.losses) if found.reach else ({}, {})
    ordered = sorted(found.people, key=lambda user: -gains.get(user.user_id, 0) - losses.get(user.user_id, 0))
    return [
        {"id": user.user_id, "name": user.name, "gains": gains.get(user.user_id, 0),
         "losses": losses.get(user.user_id, 0)}
        for user in ordered[:NAMED]
    ]  # fmt: skip


def _teams(found: Preview) -> list[tuple[str, int]]:
    """List the teams whose tickets are revealed, most first; the rest falls together."""
    if found.reach is None:
        return []
    names = services().catalog.names("team")
    ordered = sorted(found.reach.by_team.items(), key=lambda pair: (-pair[1], pair[0] or ""))
    named = [(names.get(team, team) if team else "No team", number) for team, number in ordered]
    rest = sum(number for _, number in named[TEAMS:])
    return named[:TEAMS] + ([("Other teams", rest)] if rest else [])
