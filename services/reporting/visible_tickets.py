"""How many more or fewer tickets users would see with another scope, counted from the columnar copy."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.reporting.engine import AnalyticsEngine
from services.users.identity import Scope

# Tickets by requester, organization and team; requesters and organizations that do not matter are merged.
_COUNT = """
SELECT CASE WHEN list_contains(?::VARCHAR[], requester_id) THEN requester_id END,
       CASE WHEN list_contains(?::VARCHAR[], organization_id) THEN organization_id END, team_id, count(*)
FROM tickets GROUP BY ALL
"""
Cell = tuple[str | None, str | None, str | None]


@dataclass(frozen=True)
class TicketReader:
    """A user who sees tickets: their own, and those of their teams and of an organization that shares them."""

    user_id: str
    organization_id: str | None
    team_ids: frozenset[str]

    def sees(self, cell: Cell, scope: Scope) -> bool:
        """Tell whether a scope includes tickets of this requester, organization and team."""
        requester, organization, team = cell
        if scope is Scope.ALL:
            return True
        if scope is Scope.TEAM and team in self.team_ids:
            return True
        if scope is Scope.ORGANIZATION and organization is not None and organization == self.organization_id:
            return True
        return scope >= Scope.OWN and requester == self.user_id


@dataclass(frozen=True)
class VisibilityChange:
    """What a change of scope reveals and hides, as of `as_of`.

    `revealed` and `hidden` count tickets that at least one user gains or loses; `by_team` counts the revealed
    ones by team; `gains` and `losses` map user ids to their own numbers, if there are any.
    """

    as_of: datetime
    revealed: int
    hidden: int
    by_team: Mapping[str | None, int]
    gains: Mapping[str, int]
    losses: Mapping[str, int]


def compare(
    engine: AnalyticsEngine, readers: Sequence[TicketReader], before: Scope, after: Scope
) -> VisibilityChange:
    """Count the tickets that users would gain or lose; raises CopyMissing, CopyDamaged, CopyBusy or TooLarge."""
    own = [reader.user_id for reader in readers]
    shared = sorted({reader.organization_id for reader in readers if reader.organization_id})
    with engine.view() as view:
        rows, as_of = view.rows(_COUNT, [own, shared]), engine.followed_at(view)
    gains: Counter[str] = Counter()
    losses: Counter[str] = Counter()
    by_team: Counter[str | None] = Counter()
    hidden = 0
    for *cell, number in rows:
        place: Cell = (cell[0], cell[1], cell[2])
        saw_before = {reader.user_id for reader in readers if reader.sees(place, before)}
        sees_after = {reader.user_id for reader in readers if reader.sees(place, after)}
        _add(gains, sees_after - saw_before, number)
        _add(losses, saw_before - sees_after, number)
        if sees_after - saw_before:
            by_team[place[2]] += number
        hidden += number if saw_before - sees_after else 0
    return VisibilityChange(as_of, by_team.total(), hidden, dict(by_team), dict(gains), dict(losses))


def _add(counts: Counter[str], readers: Collection[str], number: int) -> None:
    for user_id in readers:
        counts[user_id] += number
