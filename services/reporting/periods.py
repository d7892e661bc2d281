"""Local days: when they begin in UTC, and the SQL that assigns a moment to a day."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from services.reporting.fold import SECOND, micros, moment_of
from services.reporting.reporting_errors import BadPeriod
from services.reporting.results import Filters

DAY = 86_400 * SECOND
HOUR = 3_600 * SECOND
LONGEST = 3_660  # days
HOURS_OF_WEEK = 7 * 24
WEEK_BEGINS = 3 * 24  # 1 January 1970, where numbers of hours begin, was a Thursday
_YEARS = range(1985, 9000)
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Period:
    """A period and the equally long one before it, as moments in microseconds.

    `end` is excluded, and nothing is later than `until`, the first moment that a report must ignore. `days`
    are the local days from the start to the end or to today; `hour_sql` returns a moment's local hour as a
    number, 24 per day, and `day_of` reads a day's number. `closes` is the end or the moment of the query;
    unlike the rest it differs with every query.
    """

    before: int
    start: int
    end: int
    until: int
    days: tuple[date, ...]
    hour_sql: str
    closes: int = field(compare=False)


def period(filters: Filters, *, as_of: datetime, newest: int | None) -> Period:
    """Convert the days of a filter to a period; raises BadPeriod.

    `newest` is the time of the newest event until `as_of`, so that the same query about the same events has
    an equal period; None means that no later event is known.
    """
    zone = _zone(filters)
    length = (filters.end - filters.start).days + 1
    today = as_of.astimezone(zone).date()
    midnights, hour_sql = _local_days(filters.start, length, zone)
    if newest is None:
        until = micros(datetime.combine(max(today, filters.end) + timedelta(days=2), time(), zone))
    else:
        until = newest + 1
    days = (filters.start + timedelta(days=index) for index in range(length))
    return Period(
        before=min(midnights[0], until),
        start=min(midnights[length], until),
        end=min(midnights[-1], until),
        until=until,
        days=tuple(day for day in days if day <= today),
        hour_sql=hour_sql,
        closes=min(midnights[-1], micros(as_of)),
    )


def day_of(number: int) -> date:
    """Return the date of a day's number."""
    return _EPOCH + timedelta(days=number)


def _zone(filters: Filters) -> ZoneInfo:
    if filters.end < filters.start:
        raise BadPeriod("The period ends before it starts.")
    length = (filters.end - filters.start).days + 1
    if length > LONGEST:
        raise BadPeriod(f"A period can have at most {LONGEST} days.")
    if filters.start.year not in _YEARS or filters.end.year not in _YEARS:
        raise BadPeriod("The period is too far in the past or in the future.")
    try:
        return ZoneInfo(filters.zone)
    except (ValueError, OSError, KeyError) as error:
        raise BadPeriod(f"There is no time zone {filters.zone[:60]!r}.") from error


@lru_cache(maxsize=256)
def _local_days(start: date, length: int, zone: ZoneInfo) -> tuple[tuple[int, ...], str]:
    """Return the midnights from `length` days before a day to as many after it, and the SQL of the hours between.

    Kept, because it takes a fifth of a page behind a chart's mark, and pages ask for the same days again and again.
    """
    midnights = tuple(
        micros(datetime.combine(start + timedelta(days=index), time(), zone))
        for index in range(-length, length + 1)
    )
    return midnights, _hour_sql(midnights, zone)


def _hour_sql(midnights: tuple[int, ...], zone: ZoneInfo) -> str:
    """Write local time as UTC plus an offset that changes where the zone's clocks change."""
    offsets = [_offset(moment, zone) for moment in midnights]
    cases = [
        f'WHEN "at" < {_change(midnights[index - 1], midnights[index], zone)} THEN {offsets[index - 1]}'
        for index in range(1, len(midnights))
        if offsets[index - 1] != offsets[index]
    ]
    offset = f"CASE {' '.join(cases)} ELSE {offsets[-1]} END" if cases else str(offsets[-1])
    return f'("at" + {offset}) // {HOUR}'


def _offset(moment: int, zone: ZoneInfo) -> int:
    offset = moment_of(moment).astimezone(zone).utcoffset()
    return micros(datetime(1970, 1, 1, tzinfo=UTC) + (offset or timedelta()))


def _change(low: int, high: int, zone: ZoneInfo) -> int:
    """Find the second between two midnights at which the offset changes to that of the second one."""
    after = _offset(high, zone)
    while high - low > SECOND:
        middle = (low + high) // (2 * SECOND) * SECOND
        low, high = (low, middle) if _offset(middle, zone) == after else (middle, high)
    return high
