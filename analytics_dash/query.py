"""Translates between a dashboard's URL and what it shows; nothing in a link can break the page."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from urllib.parse import parse_qsl, urlencode

from services.tickets import BY_NAME

PERIODS = {"7d": 7, "30d": 30, "90d": 90}
PERIOD = "30d"
CUSTOM = "custom"
PRIORITY_NAMES = dict(BY_NAME["priority"].choices[::-1])  # the most urgent first
EARLIEST = date(1990, 1, 1)
LONGEST_DAYS = 3660  # ten years: what the charts can still show in a useful way
LONGEST_LINK = 8192
MOST_FIELDS = 400

UNREADABLE = "The filters in this link cannot be read. Showing the last 30 days of all tickets."
UNKNOWN_PERIOD = "The period in this link is not one of 7, 30 or 90 days. Showing the last 30 days."
UNREADABLE_DATES = "The dates in this link cannot be read. Showing the last 30 days."
ENDS_FIRST = "The period ends before it starts. Showing the last 30 days."
NOT_YET = "The period starts in the future. Showing the last 30 days."
TOO_EARLY = "The period starts before 1990. Showing the last 30 days."
TOO_LONG = "The period is longer than ten years. Showing the last 30 days."
UNKNOWN_CHOICE = "A {field} in this link does not exist and was left out."


@dataclass(frozen=True)
class Choice:
    """What the user chose: a period, and teams, priorities and categories (empty = all).

    `problems` are sentences about parts of the link that could not be used.
    """

    period: str
    start: date
    end: date
    teams: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def days(self) -> int:
        """Count the days of the period, both ends included."""
        return (self.end - self.start).days + 1

    @property
    def narrowed(self) -> bool:
        """Tell whether anything differs from the page without filters."""
        return bool(self.teams or self.priorities or self.categories) or self.period != PERIOD


def parse(search: object, *, today: date, teams: Collection[str], categories: Collection[str]) -> Choice:
    """Parse the search part of a URL; any input gives a choice, with problems for what was wrong."""
    fields = _fields(search)
    if fields is None:
        return replace(_last(PERIOD, today), problems=(UNREADABLE,))
    choice, problems = _period(fields, today)
    chosen: dict[str, tuple[str, ...]] = {}
    for field, known in (("team", teams), ("priority", PRIORITY_NAMES), ("category", categories)):
        requested = dict.fromkeys(value for name, value in fields if name == field)
        chosen[field] = tuple(value for value in requested if value in known)
        if len(chosen[field]) < len(requested):
            problems.append(UNKNOWN_CHOICE.format(field=field))
    return replace(
        choice,
        teams=chosen["team"],
        priorities=chosen["priority"],
        categories=chosen["category"],
        problems=tuple(problems),
    )


def encode(choice: Choice) -> str:
    """Build the search part of a choice's URL; the default page has none."""
    pairs: list[tuple[str, str]] = []
    if choice.period == CUSTOM:
        pairs += [("from", choice.start.isoformat()), ("to", choice.end.isoformat())]
    elif choice.period != PERIOD:
        pairs.append(("period", choice.period))
    for field, values in (
        ("team", choice.teams),
        ("priority", choice.priorities),
        ("category", choice.categories),
    ):
        pairs += [(field, value) for value in values]
    return "?" + urlencode(pairs) if pairs else ""


def _fields(search: object) -> list[tuple[str, str]] | None:
    if search is None:
        return []
    if not isinstance(search, str) or len(search) > LONGEST_LINK:
        return None
    try:
        return parse_qsl(search.removeprefix("?"), max_num_fields=MOST_FIELDS)
    except ValueError:
        return None


def _last(period: str, today: date) -> Choice:
    return Choice(period=period, start=today - timedelta(days=PERIODS[period] - 1), end=today)


def _period(fields: Sequence[tuple[str, str]], today: date) -> tuple[Choice, list[str]]:
    params = dict(fields)
    if "from" in params or "to" in params:
        return _range(params, today)
    period = params.get("period", PERIOD)
    if period not in PERIODS:
        return _last(PERIOD, today), [UNKNOWN_PERIOD]
    return _last(period, today), []


def _range(params: dict[str, str], today: date) -> tuple[Choice, list[str]]:
    try:
        start = date.fromisoformat(params["from"])
        end = min(date.fromisoformat(params.get("to") or today.isoformat()), today)
    except (KeyError, ValueError):
        return _last(PERIOD, today), [UNREADABLE_DATES]
    problem = None
    if start > today:
        problem = NOT_YET
    elif start < EARLIEST:
        problem = TOO_EARLY
    elif end < start:
        problem = ENDS_FIRST
    elif (end - start).days >= LONGEST_DAYS:
        problem = TOO_LONG
    if problem:
        return _last(PERIOD, today), [problem]
    return Choice(period=CUSTOM, start=start, end=end), []
