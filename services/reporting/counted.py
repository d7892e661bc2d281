"""Which tickets a figure counts: one definition of each measure, used by the figures and by the lists behind them.

Every measure is a condition on facts (fold.py), so it is about what was true when something happened: the tickets
that were in a team when they were created, not those that are in it now.
"""
# ruff: noqa: S608 - statements are put together from this package's own names; values are parameters

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.reporting.periods import HOURS_OF_WEEK, WEEK_BEGINS, Period
from services.reporting.reader import View
from services.reporting.reporting_errors import BadSelection
from services.reporting.results import NONE, Filters
from services.reporting.schema import DIMENSIONS, IS_DONE, WAITS

MOST_CHOICES = 500


class Measure(enum.Enum):
    """What happened to a ticket in a period, or how it stood at the end of it."""

    CREATED = "created"
    SOLVED = "solved"
    FIRST_RESPONSE = "first_response"
    FULL_RESOLUTION = "full_resolution"
    REOPENED = "reopened"
    UNANSWERED = "unanswered"
    BACKDATED = "backdated"
    UNSOLVED = "unsolved"
    UNREPLIED = "unreplied"


# The facts that a measure counts, at most one for each ticket.
EVENTS: Mapping[Measure, str] = {
    Measure.CREATED: "created = 1",
    Measure.SOLVED: "first_solved = 1",
    Measure.FIRST_RESPONSE: "response >= 0",
    Measure.FULL_RESOLUTION: "resolution IS NOT NULL AND {stands}",
    Measure.REOPENED: "cohort_at IS NOT NULL",
    Measure.UNANSWERED: "first_solved = 1 AND unanswered = 1",
    Measure.BACKDATED: "response < 0",
}
# The column of changes that a measure sums up, and the tickets that it counts now.
LEVELS: Mapping[Measure, tuple[str, str]] = {
    Measure.UNSOLVED: ("backlog", f"NOT {IS_DONE}"),
    Measure.UNREPLIED: ("waiting", WAITS),
}


@dataclass(frozen=True)
class Counted:
    """The tickets that a measure counts in the period and for the choices of `filters`.

    `hour` (0 for Monday's first) limits them to those counted in that hour of the week.
    """

    measure: Measure
    filters: Filters
    hour: int | None = None


@dataclass(frozen=True)
class Scope:
    """Which facts count, as SQL with its values."""

    sql: str
    values: tuple[Any, ...]

    def run(self, view: View, sql: str) -> list[tuple[Any, ...]]:
        """Run a query in which the scope may stand several times."""
        return view.rows(sql, self.values * sql.count(self.sql) if self.values else ())


def scope(filters: Filters, columns: Mapping[str, str]) -> Scope:
    """Write the filters' choices over the given columns, and the teams they are within; "none" means "not set"."""
    parts, values = [], []
    for name, chosen in filters.choices.items():
        if len(chosen) > MOST_CHOICES:
            raise BadSelection(f"A report takes at most {MOST_CHOICES} choices of one kind.")
        known = [choice for choice in chosen if choice != NONE]
        options = [f"{columns[name]} IN ({', '.join('?' * len(known))})"] if known else []
        options += [f"{columns[name]} IS NULL"] if NONE in chosen else []
        if options:
            parts.append(f"({' OR '.join(options)})")
            values += known
    if filters.within_teams is not None:
        teams = sorted(filters.within_teams)
        now_in = (
            f"SELECT ticket_id FROM tickets WHERE {DIMENSIONS['team']} IN ({', '.join('?' * len(teams))})"
        )
        parts.append(f"ticket_id IN ({now_in})" if teams else "false")
        values += teams
    return Scope(f"({' AND '.join(parts) or 'true'})", tuple(values))


def number_of(measure: Measure) -> str:
    """Write the SQL that counts the tickets of a measure among facts of a period."""
    return f"count(*) FILTER (WHERE {EVENTS[measure]})"


def stands(view: View, until: int) -> str:
    """Write the condition that no reopening before a moment took a solve back."""
    text = f"coalesce(void_at >= {until}, true)"
    if view.voids:
        text += (
            " AND (ticket_id, version) NOT IN (SELECT (ticket_id, voids) FROM recent_facts "
            f'WHERE voids IS NOT NULL AND "at" < {until})'
        )
    return text


def hour_of_week(hour_sql: str) -> str:
    """Write the SQL of the hour of the week, Monday's first is 0, from that of the local hour."""
    return f"(({hour_sql}) % {HOURS_OF_WEEK} + {WEEK_BEGINS}) % {HOURS_OF_WEEK}"


def tickets_of(view: View, counted: Counted, when: Period) -> tuple[str, list[Any]]:
    """Write the SQL condition, with its values, that a row of `tickets` is counted in a period."""
    facts = scope(counted.filters, {name: name for name in DIMENSIONS})
    if counted.measure in LEVELS:
        return _standing_at_the_end(view, counted, when, facts)
    moment = "cohort_at" if counted.measure is Measure.REOPENED else '"at"'
    inside = [f"{moment} >= {when.start}", f"{moment} < {when.end}", facts.sql]
    inside.append(EVENTS[counted.measure].format(stands=stands(view, when.until)))
    if counted.measure is Measure.REOPENED:
        inside += [f'"at" >= {when.start}', f'"at" < {when.until}']
    if counted.hour is not None:
        inside.append(f"{hour_of_week(when.hour_sql)} = {counted.hour}")
    return f"ticket_id IN (SELECT ticket_id FROM facts WHERE {' AND '.join(inside)})", list(facts.values)


def _standing_at_the_end(view: View, counted: Counted, when: Period, facts: Scope) -> tuple[str, list[Any]]:
    """Take the tickets of now, less what changed since the end of the period."""
    column, now = LEVELS[counted.measure]
    held = scope(counted.filters, DIMENSIONS)
    if view.manifest.latest < when.end:
        return f"{now} AND {held.sql}", list(held.values)
    then = (
        f"SELECT ticket_id, 1 AS standing FROM tickets WHERE {now} AND {held.sql} UNION ALL "
        f'SELECT ticket_id, -{column} FROM facts WHERE "at" >= {when.end} AND {column} <> 0 AND {facts.sql}'
    )
    sql = f"ticket_id IN (SELECT ticket_id FROM ({then}) GROUP BY 1 HAVING sum(standing) > 0)"
    return sql, [*held.values, *facts.values]
