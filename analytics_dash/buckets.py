"""Groups days so that a long period stays readable: days, then weeks, then months."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from services.reporting import Series

MOST_DAYS = 120
MOST_DAYS_AS_WEEKS = 800


@dataclass(frozen=True)
class Bucket:
    """One point of a chart: its first and last day (both included) and its value."""

    start: date
    end: date
    value: float


def unit(days: int) -> str:
    """Choose the length of one point for a period of `days` days: "day", "week" or "month"."""
    if days <= MOST_DAYS:
        return "day"
    return "week" if days <= MOST_DAYS_AS_WEEKS else "month"


def totals(series: Series) -> list[Bucket]:
    """Sum a series of events per day, week or month, according to its length."""
    return _grouped(series, sum)


def closings(series: Series) -> list[Bucket]:
    """Take the last value in each unit, for a series of levels such as a backlog."""
    return _grouped(series, lambda values: list(values)[-1])


def _grouped(series: Series, fold: Callable[[Iterable[float]], float]) -> list[Bucket]:
    pairs = zip(series.days, series.values, strict=True)
    if (step := unit(len(series.days))) == "day":
        return [Bucket(day, day, value) for day, value in pairs]
    first = _monday if step == "week" else _first_of_month
    groups = (list(group) for _, group in groupby(pairs, key=lambda pair: first(pair[0])))
    return [Bucket(g[0][0], g[-1][0], fold(value for _, value in g)) for g in groups]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _first_of_month(day: date) -> date:
    return day.replace(day=1)
