"""The page of a team: its people, its lead, what waits for it; people join and leave it here."""

from typing import Any

from flask import render_template, request, url_for

from portal.ui import navigation
from portal.ui.grid_links import NOT_SET
from portal.ui.grid_links import tickets as tickets_url
from portal.ui.lookup import LOOKUPS, chosen
from portal.web.guards import actor, now, require_step_up, services
from services.catalog import Entry
from services.errors import Invalid
from services.reporting import Tally
from services.users.directory import Person
from services.users.identity import Permission, Scope, User


def page(team_id: str, error: str = "") -> str:
    """Render the page of a team; raises NotFound."""
    who, team = actor(), services().catalog.get("team", team_id)
    people = services().users.directory.in_team(team_id)
    tally = navigation.tally() if who.scope(Permission.TICKET_VIEW) is Scope.ALL else None
    names = services().catalog.names("team")
    roles = {role.role_id: role.name for role in services().users.roles.all()}
    return render_template(
        "desk/team.html",
        team=team,
        lead=next((one for one in people if one.user_id == team.lead_id), None),
        people=[_described(one, team, names, roles, tally) for one in people],
        waiting=tally.by_team[team_id] if tally else None,
        queue_url=tickets_url(team=team_id, state="open"),
        unassigned_url=tickets_url(team=team_id, assignee=NOT_SET, state="open"),
        may_add=who.may(Permission.USER_EDIT) and who.viewer is None,
        may_lead=who.may(Permission.SETTING_EDIT) and who.viewer is None,
        lookup=LOOKUPS["person"].url,
        typed=request.form.get("person_text", "") if error else "",
        error=error,
        edit_url=url_for("teams.edit_view", id=team_id) if who.may(Permission.SETTING_EDIT) else None,
    )


def _described(
    one: Person, team: Entry, names: dict[str, str], roles: dict[str, str], tally: Tally | None
) -> dict[str, Any]:
    others = [names[each] for each in one.team_ids if each != team.id and each in names]
    return {
        "user_id": one.user_id,
        "name": one.name,
        "role": roles.get(one.role_id, one.role_id),
        "leads": one.user_id == team.lead_id,
        "others": others,
        "open": tally.by_assignee[one.user_id] if tally else None,
        "url": tickets_url(assignee=one.user_id, state="open"),
    }


def add(team_id: str) -> str:
    """Put the person that a form names into the team, and say so; raises Invalid."""
    team = services().catalog.get("team", team_id)
    if not team.active:
        raise Invalid("This team is switched off and takes nobody.")
    user_id = chosen(request.form, "person", "person")
    if not user_id:
        raise Invalid("Choose who joins the team.", {"person": "Choose who joins the team."})
    user = _read(user_id)
    if team_id in user.team_ids:
        return f"{user.name} is in {team.name} already."
    _set_teams(user, sorted({*user.team_ids, team_id}))
    return f"{user.name} is in {team.name} now."


def remove(team_id: str) -> str:
    """Take a person out of the team, and say so; their tickets stay theirs. Raises Invalid, NotFound."""
    team, user = services().catalog.get("team", team_id), _read(request.form.get("person", ""))
    if team_id not in user.team_ids:
        return f"{user.name} is not in {team.name} any more."
    _set_teams(user, [each for each in user.team_ids if each != team_id])
    return f"{user.name} has left {team.name}."


def set_lead(team_id: str) -> str:
    """Make one of the team's people its lead, or nobody; raises Invalid, EntryChanged."""
    team = services().catalog.get("team", team_id)
    services().catalog.save(
        actor=actor(),
        now=now(),
        kind="team",
        id_=team_id,
        name=team.name,
        active=team.active,
        lead_id=request.form.get("lead", ""),
        expected_version=_version(request.form.get("version", ""), team),
    )
    return "Saved."


def _version(text: str, team: Entry) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else team.version


def _read(user_id: str) -> User:
    return services().users.accounts.read(actor=actor(), user_id=user_id)


def _set_teams(user: User, team_ids: list[str]) -> None:
    require_step_up()
    services().users.accounts.update(
        actor=actor(),
        now=now(),
        user_id=user.user_id,
        expected_version=user.version,
        name=user.name,
        email=user.email or "",
        role_id=user.role_id,
        active=user.active,
        team_ids=team_ids,
    )
