"""TicketCounts: how many tickets lists hold, counted by whoever follows the ledger, read by every page."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from services.reporting.reader import View
from services.reporting.schema import IS_DONE
from services.reporting.store import File, Store

EVERY = timedelta(seconds=5)  # between two counts while tickets change
TOO_OLD = timedelta(seconds=30)  # then nobody follows the ledger, and a count would be wrong
_COUNT = f"""
SELECT team_id, CASE WHEN NOT done THEN assignee_id END, done, count(*)
FROM (SELECT team_id, assignee_id, {IS_DONE} AS done FROM tickets) GROUP BY ALL
"""  # noqa: S608 - put together from this package's own names
Rows = Sequence[tuple[str | None, str | None, bool, int]]


@dataclass(frozen=True)
class Tally:
    """Numbers of tickets that were true at `as_of`: unsolved ones, also by team and assignee, and done ones.

    None among the teams and assignees stands for tickets without one.
    """

    as_of: datetime
    unsolved: int
    done: int
    by_team: Counter[str | None]
    by_assignee: Counter[str | None]


@dataclass(frozen=True)
class _Read:
    key: tuple[int, float]
    as_of: datetime
    rows: Rows
    tallies: dict[frozenset[str] | None, Tally] = field(default_factory=dict)


class TicketCounts:
    """Keeps the counts in a small file beside the columnar copy, so that pages need no report database.

    The file's time says up to when the ledger had been followed when they were last known to be true.
    """

    def __init__(self, folder: Path) -> None:
        self._store = Store(folder)
        self._counted: tuple[tuple[File, ...], datetime] | None = None
        self._read: _Read | None = None

    def update(self, view: View, as_of: datetime) -> None:
        """Count anew when the copy has changed, else note that the counts hold. Only for the follower."""
        version, since = self._counted or (None, None)
        if view.version == version and self._store.counts_key() is not None:
            self._store.note_counted(as_of.timestamp())
        elif since is None or as_of - since >= EVERY:
            self._store.write_counts(view.rows(_COUNT), as_of.timestamp())
            self._counted = (view.version, as_of)

    def tally(self, *, now: datetime, teams: frozenset[str] | None = None) -> Tally | None:
        """Add up the tickets of all or of some teams; None where counts are missing or too old to be true."""
        found = self._current(now)
        if found is None or now - found.as_of > TOO_OLD:
            return None
        known = found.tallies.get(teams)
        if known is None:
            known = found.tallies[teams] = _add_up(found, teams)
        return known

    def _current(self, now: datetime) -> _Read | None:
        key = self._store.counts_key()
        if key is None:
            return None
        read = self._read
        if read is None or read.key != key:
            rows: Any = self._store.read_counts()
            read = self._read = _Read(key, datetime.fromtimestamp(key[1], now.tzinfo), rows)
        return read


def _add_up(found: _Read, teams: frozenset[str] | None) -> Tally:
    by_team: Counter[str | None] = Counter()
    by_assignee: Counter[str | None] = Counter()
    done = 0
    for team, assignee, is_done, number in found.rows:
        if teams is not None and team not in teams:
            continue
        if is_done:
            done += number
        else:
            by_team[team] += number
            by_assignee[assignee] += number
    return Tally(found.as_of, by_team.total(), done, by_team, by_assignee)
