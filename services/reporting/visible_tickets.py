"""How many tickets people see, and how many more or fewer they would: counted from the columnar copy."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.reporting.engine import AnalyticsEngine
from services.users.identity import Scope

# Tickets by whom they belong to; who is not asked about falls together.
_COUNT = """
SELECT CASE WHEN list_contains(?::VARCHAR[], requester_id) THEN requester_id END,
       CASE WHEN list_contains(?::VARCHAR[], organization_id) THEN organization_id END, team_id, count(*)
FROM tickets GROUP BY ALL
"""
Cell = tuple[str | None, str | None, str | None]


@dataclass(frozen=True)
class Seer:
    """Somebody who sees tickets: their own, and those of an organization that shares them, and of teams."""

    user_id: str
    organization_id: str | None
    team_ids: frozenset[str]

    def sees(self, cell: Cell, scope: Scope) -> bool:
        """Tell whether a scope reaches tickets of this requester, organization and team."""
        requester, organization, team = cell
        if scope is Scope.ALL:
            return True
        if scope is Scope.TEAM and team in self.team_ids:
            return True
        if scope is Scope.ORGANIZATION and organization is not None and organization == self.organization_id:
            return True
        return scope >= Scope.OWN and requester == self.user_id


@dataclass(frozen=True)
class Reach:
    """What a change of scope reveals and hides, true at `as_of`.

    `revealed` and `hidden` count tickets that at least one of the people gains or loses; `by_team` are those
    revealed, by team; `gains` and `losses` map people to their own numbers, where there are any.
    """

    as_of: datetime
    revealed: int
    hidden: int
    by_team: Mapping[str | None, int]
    gains: Mapping[str, int]
    losses: Mapping[str, int]


def compare(engine: AnalyticsEngine, people: Sequence[Seer], before: Scope, after: Scope) -> Reach:
    """Count what people would see more or less; raises CopyMissing, CopyDamaged, CopyBusy or TooLarge."""
    own = [person.user_id for person in people]
    shared = sorted({person.organization_id for person in people if person.organization_id})
    with engine.view() as view:
        rows, as_of = view.rows(_COUNT, [own, shared]), engine.followed_at(view)
    gains: Counter[str] = Counter()
    losses: Counter[str] = Counter()
    by_team: Counter[str | None] = Counter()
    hidden = 0
    for *cell, number in rows:
        place: Cell = (cell[0], cell[1], cell[2])
        was = {person.user_id for person in people if person.sees(place, before)}
        will = {person.user_id for person in people if person.sees(place, after)}
        _add(gains, will - was, number)
        _add(losses, was - will, number)
        if will - was:
            by_team[place[2]] += number
        hidden += number if was - will else 0
    return Reach(as_of, by_team.total(), hidden, dict(by_team), dict(gains), dict(losses))


def _add(counts: Counter[str], people: Collection[str], number: int) -> None:
    for user_id in people:
        counts[user_id] += number
