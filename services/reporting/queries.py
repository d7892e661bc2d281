"""The SQL behind every figure: a few combined queries over the facts, each true as of any moment."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from services.reporting.errors import BadSelection
from services.reporting.fold import DIMENSIONS, DONE
from services.reporting.periods import Period
from services.reporting.reader import View
from services.reporting.results import NONE, Filters

MOST_CHOICES = 500
_DIMS = ", ".join(DIMENSIONS)
_DONE = ", ".join(f"'{status}'" for status in sorted(DONE))

# A solve that was taken back by a reopening counts no resolution.
_WINDOW = """
SELECT f.*, v.ticket_id IS NOT NULL AS voided FROM (SELECT * FROM facts WHERE {inside}) f
LEFT JOIN (SELECT ticket_id, voids AS version FROM facts
           WHERE voids IS NOT NULL AND "at" >= {since} AND "at" < {until}) v
ON f.ticket_id = v.ticket_id AND f.version = v.version
"""
_DAYS = """
SELECT {day}, sum(created)::BIGINT, sum(first_solved)::BIGINT, sum(solved)::BIGINT, sum(reopened)::BIGINT,
       sum(backlog)::BIGINT, sum(waiting)::BIGINT
FROM facts WHERE {inside} GROUP BY 1
"""
_TOTALS = """
SELECT "at" >= {start},
       quantile_cont(response, [0.5, 0.9]) FILTER (response >= 0), count(*) FILTER (response >= 0),
       count(*) FILTER (response < 0), count(*) FILTER (unanswered = 1 AND first_solved = 1),
       quantile_cont(resolution, [0.5, 0.9]) FILTER (NOT voided), count(resolution) FILTER (NOT voided),
       count(resolution) FILTER (voided)
FROM ({window}) GROUP BY 1
"""
_GROUPS = """
SELECT grouping({dims}), {dims}, sum(created)::BIGINT, sum(first_solved)::BIGINT, sum(backlog)::BIGINT,
       quantile_cont(response, 0.5), quantile_cont(resolution, 0.5)
FROM (SELECT {dims}, created, first_solved, backlog, CASE WHEN response >= 0 THEN response END AS response,
             CASE WHEN NOT voided THEN resolution END AS resolution FROM ({window})
      UNION ALL SELECT {dims}, NULL, NULL, backlog, NULL, NULL FROM ({base}))
GROUP BY GROUPING SETS ({sets})
"""
_RETURNED = """
SELECT cohort_at >= {start}, count(*) FROM facts
WHERE cohort_at >= {before} AND cohort_at < {end} AND "at" >= {before} AND "at" < {until} AND {scope} GROUP BY 1
"""
_OLDEST_NOW = f"""
SELECT min(created_at) FROM tickets
WHERE first_response_at IS NULL AND (status IS NULL OR status NOT IN ({_DONE})) AND {{scope}}
"""
_OLDEST_THEN = """
SELECT min(created_at) FROM tickets JOIN (
    SELECT ticket_id FROM facts WHERE "at" < {end} AND waiting <> 0 AND {scope}
    GROUP BY 1 HAVING sum(waiting) > 0) USING (ticket_id)
"""


@dataclass(frozen=True)
class Day:
    """What one local day added."""

    created: int = 0
    first_solved: int = 0
    solved: int = 0
    reopened: int = 0
    backlog: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class Totals:
    """Durations of one period in seconds, with what was counted and what was left out."""

    response: tuple[float, float] | None = None
    responses: int = 0
    before_creation: int = 0
    unanswered: int = 0
    resolution: tuple[float, float] | None = None
    resolutions: int = 0
    reopened: int = 0
    returned: int = 0


@dataclass(frozen=True)
class Group:
    """One group of a breakdown at the end of the period."""

    key: str | None
    created: int
    solved: int
    backlog: int
    response: float | None
    resolution: float | None


@dataclass(frozen=True)
class Answer:
    """Everything one question about a period gives; `oldest` is when the oldest unreplied ticket was created."""

    backlog: int
    waiting: int
    days: Mapping[int, Day]
    current: Totals
    previous: Totals
    oldest: int | None
    groups: Mapping[str, tuple[Group, ...]]


@dataclass(frozen=True)
class Scope:
    """Which facts count, as SQL with its values."""

    sql: str
    values: tuple[Any, ...]

    def run(self, view: View, sql: str) -> list[tuple[Any, ...]]:
        """Run a query in which the scope may stand several times."""
        return view.rows(sql, self.values * (sql.count(self.sql) if self.values else 0))


def scope(filters: Filters, columns: Mapping[str, str]) -> Scope:
    """Write the filters' choices over the given columns; "none" among them means "not set"."""
    choices = {
        "team": filters.teams,
        "priority": filters.priorities,
        "category": filters.categories,
        "assignee": filters.assignees,
    }
    parts, values = [], []
    for name, chosen in choices.items():
        if len(chosen) > MOST_CHOICES:
            raise BadSelection(f"A report takes at most {MOST_CHOICES} choices of one kind.")
        known = [choice for choice in chosen if choice != NONE]
        options = [f"{columns[name]} IN ({', '.join('?' * len(known))})"] if known else []
        options += [f"{columns[name]} IS NULL"] if NONE in chosen else []
        if options:
            parts.append(f"({' OR '.join(options)})")
            values += known
    return Scope(f"({' AND '.join(parts) or 'true'})", tuple(values))


def answer(view: View, filters: Filters, when: Period, *, breakdowns: bool) -> Answer:
    """Compute all figures of a period; `breakdowns` adds the groups."""
    facts = scope(filters, {name: name for name in DIMENSIONS})
    inside = f'"at" >= {when.before} AND "at" < {when.end} AND {facts.sql}'
    base = _base(view, when.before, facts.sql)
    ((backlog, waiting),) = facts.run(view, f"SELECT sum(backlog), sum(waiting) FROM ({base})")  # noqa: S608
    days = facts.run(view, _DAYS.format(day=when.day_sql, inside=inside))
    totals = _totals(view, facts, when, inside)
    return Answer(
        backlog=int(backlog or 0),
        waiting=int(waiting or 0),
        days={day: Day(*(value or 0 for value in values)) for day, *values in days},
        current=totals[True],
        previous=totals[False],
        oldest=_oldest(view, filters, when, facts),
        groups=_groups(view, facts, when) if breakdowns else {},
    )


def _base(view: View, at: int, where: str) -> str:
    """Write the backlog just before a moment: the last checkpoint and what happened since."""
    columns = f"{_DIMS}, backlog, waiting"
    mark = view.mark_before(at)
    closed = f'SELECT {columns} FROM closed.facts WHERE "at" < {at} AND {where}'  # noqa: S608
    if mark is not None:
        closed = (
            f'{closed} AND "at" >= {mark} UNION ALL '  # noqa: S608
            f'SELECT {columns} FROM closed.marks WHERE "at" = {mark} AND {where}'
        )
    recent = f'SELECT {columns} FROM recent_facts WHERE "at" < {at} AND {where}'  # noqa: S608
    return f"{closed} UNION ALL {recent}"


def _totals(view: View, facts: Scope, when: Period, inside: str) -> dict[bool, Totals]:
    window = _WINDOW.format(inside=inside, since=when.before, until=when.until)
    found = {
        current: values for current, *values in facts.run(view, _TOTALS.format(start=when.start, window=window))
    }
    sql = _RETURNED.format(
        start=when.start, before=when.before, end=when.end, until=when.until, scope=facts.sql
    )
    returned = dict(facts.run(view, sql))
    return {
        current: Totals(*found.get(current, ()), returned=returned.get(current, 0)) for current in (True, False)
    }


def _groups(view: View, facts: Scope, when: Period) -> dict[str, tuple[Group, ...]]:
    inside = f'"at" >= {when.start} AND "at" < {when.end} AND {facts.sql}'
    sql = _GROUPS.format(
        dims=_DIMS,
        window=_WINDOW.format(inside=inside, since=when.start, until=when.until),
        base=_base(view, when.start, facts.sql),
        sets=", ".join(f"({name})" for name in DIMENSIONS),
    )
    groups: dict[str, list[Group]] = {name: [] for name in DIMENSIONS}
    # grouping() has one bit per dimension, the first one highest, that is 0 for the one grouped by.
    places = {15 ^ (8 >> index): (index, name) for index, name in enumerate(DIMENSIONS)}
    for row in facts.run(view, sql):
        index, name = places[row[0]]
        created, solved, backlog, response, resolution = row[5:]
        if created or solved or backlog or response is not None or resolution is not None:
            groups[name].append(
                Group(row[1 + index], created or 0, solved or 0, backlog or 0, response, resolution)
            )
    return {name: tuple(found) for name, found in groups.items()}


def _oldest(view: View, filters: Filters, when: Period, facts: Scope) -> int | None:
    if view.manifest.latest < when.end:
        tickets = scope(filters, DIMENSIONS)
        ((oldest,),) = tickets.run(view, _OLDEST_NOW.format(scope=tickets.sql))
    else:
        ((oldest,),) = facts.run(view, _OLDEST_THEN.format(end=when.end, scope=facts.sql))
    return int(oldest) if oldest is not None else None


class Answers:
    """Remembers answers for as long as the data is the same."""

    def __init__(self, size: int = 128) -> None:
        self._size, self._lock = size, Lock()
        self._kept: OrderedDict[Any, Answer] = OrderedDict()

    def get(self, view: View, filters: Filters, when: Period, *, breakdowns: bool) -> Answer:
        """Give the answer to a question, from memory when it was asked of the same data before."""
        key = (view.version, filters, when, breakdowns)
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
                return known
        found = answer(view, filters, when, breakdowns=breakdowns)
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return found
