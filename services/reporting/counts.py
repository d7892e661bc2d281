"""TicketCounts: how many tickets each list holds, counted by the process that follows the ledger."""

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
TOO_OLD = timedelta(seconds=30)  # then nothing follows the ledger, and a count would be wrong
_COUNT = f"""
SELECT team_id, CASE WHEN NOT done THEN assignee_id END, done, count(*)
FROM (SELECT team_id, assignee_id, {IS_DONE} AS done FROM tickets) GROUP BY ALL
"""  # noqa: S608 - put together from this package's own names
Rows = Sequence[tuple[str | None, str | None, bool, int]]


@dataclass(frozen=True)
class Tally:
    """Ticket counts as of `as_of`: unsolved ones, in total and by team and assignee, and done ones.

    The key None counts tickets without a team or assignee.
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
    """Stores the counts in a small file next to the columnar copy, so that pages need no report database.

    The file's modification time says up to when the ledger had been followed when they were last correct.
    """

    def __init__(self, folder: Path) -> None:
        self._store = Store(folder)
        self._counted: tuple[tuple[File, ...], datetime] | None = None
        self._read: _Read | None = None

    def update(self, view: View, as_of: datetime) -> None:
        """Count again if the copy has changed, otherwise confirm the counts. Only for the follower."""
        version, since = self._counted or (None, None)
        if view.version == version and self._store.counts_key() is not None:
            self._store.note_counted(as_of.timestamp())
        elif since is None or as_of - since >= EVERY:
            self._store.write_counts(view.rows(_COUNT), as_of.timestamp())
            self._counted = (view.version, as_of)

    def tally(self, *, now: datetime, teams: frozenset[str] | None = None) -> Tally | None:
        """Sum the tickets of all or some teams; None if the counts are missing or too old."""
        counts = self._current(now)
        if counts is None or now - counts.as_of > TOO_OLD:
            return None
        cached = counts.tallies.get(teams)
        if cached is None:
            cached = counts.tallies[teams] = _add_up(counts, teams)
        return cached

    def _current(self, now: datetime) -> _Read | None:
        key = self._store.counts_key()
        if key is None:
            return None
        read = self._read
        if read is None or read.key != key:
            rows: Any = self._store.read_counts()
            read = self._read = _Read(key, datetime.fromtimestamp(key[1], now.tzinfo), rows)
        return read


def _add_up(counts: _Read, teams: frozenset[str] | None) -> Tally:
    by_team: Counter[str | None] = Counter()
    by_assignee: Counter[str | None] = Counter()
    done = 0
    for team, assignee, is_done, number in counts.rows:
        if teams is not None and team not in teams:
            continue
        if is_done:
            done += number
        else:
            by_team[team] += number
            by_assignee[assignee] += number
    return Tally(counts.as_of, by_team.total(), done, by_team, by_assignee)
