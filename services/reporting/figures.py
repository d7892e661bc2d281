"""Builds explained figures, series and rows from a query result; every page and export uses these."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

from services.reporting.definitions import BEFORE_CREATION, DEFINITIONS, NO_REPLY, REOPEN_DAYS, REOPENED
from services.reporting.fold import SECOND
from services.reporting.periods import HOURS_OF_WEEK, Period, day_of
from services.reporting.queries import Answer, Day, Group, Totals
from services.reporting.results import Figure, Filters, Row, Series
from services.tickets import PRIORITIES

_NOTHING = Day()
_MOST_URGENT_FIRST = PRIORITIES[::-1]


def figures(answer: Answer, filters: Filters, when: Period, as_of: datetime) -> dict[str, Figure]:
    """Build all figures, by name."""
    start = (filters.start - date(1970, 1, 1)).days
    now = [day for number, day in answer.days.items() if number >= start]
    before = [day for number, day in answer.days.items() if number < start]
    backlog = answer.backlog + sum(day.backlog for day in now)
    waiting = answer.waiting + sum(day.waiting for day in now)
    age = (when.closes - answer.oldest) // SECOND if answer.oldest is not None and waiting else None
    all_figures = [
        _count("created", sum(day.created for day in now), sum(day.created for day in before)),
        _count("solved", sum(day.first_solved for day in now), sum(day.first_solved for day in before)),
        _count("backlog", backlog, answer.backlog),
        _first_response(answer.current, answer.previous),
        _count("unreplied", waiting, answer.waiting),
        _figure("oldest_unreplied", age, waiting if age is not None else 0),
        _full_resolution(answer.current, answer.previous),
        _reopen_rate(answer, now, before, _immature(answer, filters, start, as_of)),
    ]
    return {figure.name: figure for figure in all_figures}


def series(answer: Answer, filters: Filters, when: Period) -> tuple[Series, Series, Series]:
    """Build the daily series: created, solved (first solves), and the backlog at the end of each day."""
    first = (filters.start - date(1970, 1, 1)).days
    days = [answer.days.get(first + index, _NOTHING) for index in range(len(when.days))]
    backlog = list(accumulate((day.backlog for day in days), initial=answer.backlog))[1:]
    return (
        Series("created", when.days, tuple(day.created for day in days)),
        Series("solved", when.days, tuple(day.first_solved for day in days)),
        Series("backlog", when.days, tuple(backlog)),
    )


def arrivals(answer: Answer) -> tuple[tuple[int, ...], ...]:
    """Build seven rows of 24 hours, Monday first, with the tickets created in each hour."""
    return tuple(answer.arrivals[first : first + 24] for first in range(0, HOURS_OF_WEEK, 24))


def rows(groups: Iterable[Group], *, priorities: bool = False) -> tuple[Row, ...]:
    """Build a breakdown: priorities by urgency, everything else busiest first, "not set" last."""

    def place(group: Group) -> tuple[Any, ...]:
        key = group.key or ""
        if priorities:
            known = key in _MOST_URGENT_FIRST
            rank = _MOST_URGENT_FIRST.index(key) if known else len(_MOST_URGENT_FIRST)
            return group.key is None, rank, key
        return group.key is None, -(group.created + group.solved + group.backlog), key

    return tuple(
        Row(group.key, group.created, group.solved, group.backlog, group.response, group.resolution)
        for group in sorted(groups, key=place)
    )


def _figure(name: str, value: float | None, n: int, **more: Any) -> Figure:
    means = DEFINITIONS[name]
    return Figure(name, value, means.unit, n, means.text, means.version, means.formula, means.rules, **more)


def _count(name: str, value: int, previous: int) -> Figure:
    return _figure(name, value, value, previous=previous)


def _first_response(current: Totals, previous: Totals) -> Figure:
    excluded = {NO_REPLY: current.unanswered, BEFORE_CREATION: current.before_creation}
    return _duration("first_response", current.response, current.responses, previous.response, excluded)


def _full_resolution(current: Totals, previous: Totals) -> Figure:
    excluded = {REOPENED: current.reopened}
    name = "full_resolution"
    return _duration(name, current.resolution, current.resolutions, previous.resolution, excluded)


def _duration(
    name: str,
    value: tuple[float, float] | None,
    n: int,
    previous: tuple[float, float] | None,
    excluded: Mapping[str, int],
) -> Figure:
    median, p90 = value or (None, None)
    before = previous[0] if previous else None
    known = {reason: number for reason, number in excluded.items() if number}
    return _figure(name, median, n, p90=p90, previous=before, excluded=known)


def _reopen_rate(answer: Answer, now: list[Day], before: list[Day], immature: int) -> Figure:
    solved, earlier = sum(day.first_solved for day in now), sum(day.first_solved for day in before)
    return _figure(
        "reopen_rate",
        answer.current.returned / solved if solved else None,
        solved,
        previous=answer.previous.returned / earlier if earlier else None,
        immature=immature,
    )


def _immature(answer: Answer, filters: Filters, start: int, as_of: datetime) -> int:
    """Count the first solves on days that are not yet wholly older than the reopening window."""
    today = as_of.astimezone(ZoneInfo(filters.zone)).date()
    ripe = today - timedelta(days=REOPEN_DAYS)
    return sum(
        day.first_solved for number, day in answer.days.items() if number >= start and day_of(number) >= ripe
    )
