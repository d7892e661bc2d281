"""What speaks for each agent when a ticket is to be assigned: their teams and how much they hold."""

from typing import NamedTuple

from portal.ui import navigation
from portal.web.guards import actor, services
from services.users.identity import Permission, Scope


class AgentNote(NamedTuple):
    """What an editor shows beside a name, and the teams that bring one up first."""

    text: str
    teams: str


def agent_notes() -> dict[str, AgentNote]:
    """Describe everybody who can be assigned, by id; without numbers, their teams are the reason."""
    names = services().catalog.names("team")
    # Who sees only some tickets would read another number than the agents have.
    seen = actor().scope(Permission.TICKET_VIEW) is Scope.ALL
    tally = navigation.tally() if seen else None
    notes = {}
    for person in services().users.directory.assignable():
        teams = ", ".join(names[team] for team in person.team_ids if team in names)
        text = f"{tally.by_assignee[person.user_id]:,} open" if tally else teams
        notes[person.user_id] = AgentNote(text, teams)
    return notes
