"""The SQL behind every figure: a few combined queries over the facts, each true as of any moment."""
# ruff: noqa: S608 - statements are put together from this package's own names; values are parameters

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.reporting.counted import EVENTS, Measure, Scope, hour_of_week, number_of, scope, stands
from services.reporting.periods import DAY, HOURS_OF_WEEK, Period
from services.reporting.reader import View
from services.reporting.results import Filters
from services.reporting.schema import DIMENSIONS, IS_DONE, WAITS

_DIMS = ", ".join(DIMENSIONS)
_SETS = ", ".join(f"({name})" for name in DIMENSIONS)
_NOW = ", ".join(f"{field} AS {name}" for name, field in DIMENSIONS.items())
_ALL = 2 ** len(DIMENSIONS) - 1

# What each day added and, of the period itself, when in the week tickets were created: one scan for both.
_DAYS = f"""
SELECT day, slot, {number_of(Measure.CREATED)}, {number_of(Measure.SOLVED)},
       sum(backlog)::BIGINT, sum(waiting)::BIGINT
FROM (SELECT hour // 24 AS day, CASE WHEN "at" >= {{start}} THEN {hour_of_week("hour")} END AS slot,
             created, first_solved, backlog, waiting
      FROM (SELECT "at", created, first_solved, backlog, waiting, {{hour}} AS hour FROM facts WHERE {{inside}}))
GROUP BY GROUPING SETS ((day), (slot))
"""
_TOTALS = f"""
SELECT current, quantile_cont(response, [0.5, 0.9]) FILTER (WHERE {EVENTS[Measure.FIRST_RESPONSE]}),
       {number_of(Measure.FIRST_RESPONSE)}, {number_of(Measure.BACKDATED)}, {number_of(Measure.UNANSWERED)},
       quantile_cont(resolution, [0.5, 0.9]) FILTER (WHERE standing), count(*) FILTER (WHERE standing),
       count(*) FILTER (WHERE NOT standing AND resolution IS NOT NULL)
FROM (SELECT "at" >= {{start}} AS current, response, first_solved, unanswered, resolution,
             {EVENTS[Measure.FULL_RESOLUTION]} AS standing
      FROM facts WHERE {{inside}} AND (response IS NOT NULL OR resolution IS NOT NULL)) GROUP BY 1
"""
_GROUPS = f"""
SELECT grouping({_DIMS}), {_DIMS}, {number_of(Measure.CREATED)}, {number_of(Measure.SOLVED)},
       sum(backlog)::BIGINT, quantile_cont(response, 0.5), quantile_cont(resolution, 0.5)
FROM (SELECT {_DIMS}, created, first_solved, backlog,
             CASE WHEN {EVENTS[Measure.FIRST_RESPONSE]} THEN response END AS response,
             CASE WHEN {EVENTS[Measure.FULL_RESOLUTION]} THEN resolution END AS resolution
      FROM facts WHERE {{inside}})
GROUP BY GROUPING SETS ({_SETS})
"""
# The backlog just before a moment: the last checkpoint and what happened since.
_OPENING = f"""
SELECT grouping({_DIMS}), {_DIMS}, sum(backlog)::BIGINT, sum(waiting)::BIGINT FROM (
    SELECT {_DIMS}, backlog, waiting FROM closed.marks WHERE "at" = {{mark}} AND {{scope}}
    UNION ALL SELECT {_DIMS}, backlog, waiting FROM closed.facts
        WHERE "at" >= {{mark}} AND "at" < {{start}} AND {{scope}}
    UNION ALL SELECT {_DIMS}, backlog, waiting FROM recent_facts WHERE "at" < {{start}} AND {{scope}})
GROUP BY GROUPING SETS ((), {_SETS})
"""
# The same for the tickets of some teams, which checkpoints do not tell apart: what is unsolved now, less what came
# since.
_OPENING_WITHIN = f"""
SELECT grouping({_DIMS}), {_DIMS}, sum(backlog)::BIGINT, sum(waiting)::BIGINT FROM (
    SELECT {_NOW}, 1 AS backlog, ({WAITS})::INTEGER AS waiting FROM tickets WHERE NOT {IS_DONE} AND {{held}}
    UNION ALL SELECT {_DIMS}, -backlog, -waiting FROM facts
        WHERE "at" >= {{start}} AND (backlog <> 0 OR waiting <> 0) AND {{scope}})
GROUP BY GROUPING SETS ((), {_SETS})
"""
_RETURNED = """
SELECT cohort_at >= {start}, count(*) FROM facts
WHERE cohort_at >= {before} AND cohort_at < {end} AND "at" >= {before} AND "at" < {until} AND {scope}
GROUP BY 1
"""
_NEWEST = 'SELECT max("at") FROM facts WHERE "at" <= ? AND "at" > ?'
_LOOK_BACK = 40 * DAY
_OLDEST_NOW = "SELECT min(created_at) FROM waiting WHERE {held}"
# Who waits now, less what changed at or after a moment, waited then.
_OLDEST_THEN = """
WITH later AS MATERIALIZED (
    SELECT ticket_id, sum(waiting) AS waiting FROM facts WHERE "at" >= {end} AND {scope} GROUP BY 1)
SELECT min(created_at) FROM (
    SELECT created_at FROM (
        SELECT ticket_id, created_at, 1 AS waits FROM waiting WHERE {held}
        UNION ALL SELECT ticket_id, created_at, -waiting FROM later JOIN tickets USING (ticket_id)
            WHERE waiting <> 0)
    GROUP BY ticket_id, created_at HAVING sum(waits) > 0)
"""


@dataclass(frozen=True)
class Day:
    """What one local day added."""

    created: int = 0
    first_solved: int = 0
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


@dataclass
class Group:
    """One group of a breakdown at the end of the period."""

    key: str | None
    created: int = 0
    solved: int = 0
    backlog: int = 0
    response: float | None = None
    resolution: float | None = None


@dataclass(frozen=True)
class Answer:
    """Everything one question about a period gives.

    `backlog` and `waiting` stood at its start; `days` are by number and begin with the period before;
    `arrivals` counts the tickets created in each hour of the week, from Monday's first; `oldest` is when the
    oldest ticket that waits for a reply at the end was created.
    """

    backlog: int
    waiting: int
    days: Mapping[int, Day]
    arrivals: tuple[int, ...]
    current: Totals
    previous: Totals
    oldest: int | None
    groups: Mapping[str, tuple[Group, ...]]


def newest(view: View, moment: int) -> int | None:
    """Find when the newest event until a moment counts; None when nothing counts later than the moment."""
    if view.manifest.latest <= moment:
        return None
    ((latest,),) = view.rows(_NEWEST, [moment, moment - _LOOK_BACK])
    return int(latest) if latest is not None else moment


def answer(view: View, filters: Filters, when: Period) -> Answer:
    """Compute all figures of a period."""
    facts = scope(filters, {name: name for name in DIMENSIONS})
    inside = f'"at" >= {when.before} AND "at" < {when.end} AND {facts.sql}'
    groups: dict[str, dict[str | None, Group]] = {name: {} for name in DIMENSIONS}
    backlog, waiting = _opening(view, filters, facts, when, groups)
    _count_groups(view, facts, when, groups)
    days, arrivals = _days(view, facts, when, inside)
    totals = _totals(view, facts, when, inside)
    return Answer(
        backlog=backlog,
        waiting=waiting,
        days=days,
        arrivals=arrivals,
        current=totals[True],
        previous=totals[False],
        oldest=_oldest(view, filters, when, facts),
        groups={name: tuple(filter(_shown, by_key.values())) for name, by_key in groups.items()},
    )


def _days(view: View, facts: Scope, when: Period, inside: str) -> tuple[dict[int, Day], tuple[int, ...]]:
    days: dict[int, Day] = {}
    arrivals = [0] * HOURS_OF_WEEK
    sql = _DAYS.format(hour=when.hour_sql, start=when.start, inside=inside)
    for day, slot, *values in facts.run(view, sql):
        if day is not None:
            days[day] = Day(*(value or 0 for value in values))
        elif slot is not None:
            arrivals[slot] = values[0]
    return days, tuple(arrivals)


def _shown(group: Group) -> bool:
    counted = group.created or group.solved or group.backlog
    return bool(counted) or (group.response, group.resolution) != (None, None)


def _place(row: Sequence[Any]) -> tuple[str, str | None] | None:
    """Read which dimension a row of grouping sets is grouped by, and the key; None for the total.

    grouping() has one bit per dimension, the first one highest, that is 0 for the one grouped by.
    """
    if row[0] == _ALL:
        return None
    index = len(DIMENSIONS) - (_ALL ^ row[0]).bit_length()
    return tuple(DIMENSIONS)[index], row[1 + index]


def _opening(
    view: View, filters: Filters, facts: Scope, when: Period, groups: dict[str, dict[str | None, Group]]
) -> tuple[int, int]:
    """Put the backlog at the start of the period into the groups; returns it and the unreplied in all."""
    if filters.within_teams is None:
        mark = view.mark_before(when.start)
        rows = facts.run(view, _OPENING.format(mark=mark, start=when.start, scope=facts.sql))
    else:
        held = scope(filters, DIMENSIONS)
        sql = _OPENING_WITHIN.format(start=when.start, held=held.sql, scope=facts.sql)
        rows = view.rows(sql, held.values + facts.values)
    total = (0, 0)
    for row in rows:
        backlog, waiting = row[-2] or 0, row[-1] or 0
        place = _place(row)
        if place is None:
            total = (backlog, waiting)
        else:
            groups[place[0]][place[1]] = Group(place[1], backlog=backlog)
    return total


def _count_groups(view: View, facts: Scope, when: Period, groups: dict[str, dict[str | None, Group]]) -> None:
    inside = f'"at" >= {when.start} AND "at" < {when.end} AND {facts.sql}'
    for row in facts.run(view, _GROUPS.format(inside=inside, stands=stands(view, when.until))):
        place = _place(row)
        if place is not None:
            created, solved, backlog, response, resolution = row[-5:]
            group = groups[place[0]].setdefault(place[1], Group(place[1]))
            group.created, group.solved = created or 0, solved or 0
            group.backlog += backlog or 0
            group.response, group.resolution = response, resolution


def _totals(view: View, facts: Scope, when: Period, inside: str) -> dict[bool, Totals]:
    sql = _TOTALS.format(start=when.start, inside=inside, stands=stands(view, when.until))
    by_period = {current: values for current, *values in facts.run(view, sql)}
    sql = _RETURNED.format(
        start=when.start, before=when.before, end=when.end, until=when.until, scope=facts.sql
    )
    returned = dict(facts.run(view, sql))
    return {
        current: replace(Totals(*by_period.get(current, ())), returned=returned.get(current, 0))
        for current in (True, False)
    }


def _oldest(view: View, filters: Filters, when: Period, facts: Scope) -> int | None:
    held = scope(filters, DIMENSIONS)
    if view.manifest.latest < when.end:
        ((oldest,),) = held.run(view, _OLDEST_NOW.format(held=held.sql))
    else:
        sql = _OLDEST_THEN.format(end=when.end, scope=facts.sql, held=held.sql)
        ((oldest,),) = view.rows(sql, facts.values + held.values)
    return int(oldest) if oldest is not None else None
