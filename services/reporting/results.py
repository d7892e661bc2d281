"""Results of the reporting domain: frozen values, ready for a tile, a chart or an export."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

# Means "not set", as a choice of a filter and as a key of a summary.
NONE = "none"


@dataclass(frozen=True)
class Filters:
    """The tickets and the period that a figure is about.

    `start` and `end` are local days in `zone`, both included. Empty tuples mean "all", NONE in one means
    tickets without a team, a priority ... Tickets count by the values they had when the counted event happened.
    `within_teams` is no choice: it limits everything to tickets that are in one of these teams now, None does not.
    """

    start: date
    end: date
    teams: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    zone: str = "UTC"
    assignees: tuple[str, ...] = ()
    within_teams: frozenset[str] | None = None

    @property
    def days(self) -> int:
        """Count the days of the period, both ends included."""
        return (self.end - self.start).days + 1

    @property
    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """Give the choices by the name of what figures are broken down by."""
        return {
            "team": self.teams,
            "priority": self.priorities,
            "category": self.categories,
            "assignee": self.assignees,
        }

    def only(self, dimension: str, choice: str) -> "Filters":
        """Limit to one group of a breakdown."""
        match dimension:
            case "team":
                return replace(self, teams=(choice,))
            case "priority":
                return replace(self, priorities=(choice,))
            case "category":
                return replace(self, categories=(choice,))
            case "assignee":
                return replace(self, assignees=(choice,))
            case _:
                raise ValueError(dimension)


@dataclass(frozen=True)
class Figure:
    """One explained number: its value, what was counted and what was left out.

    `value` is a count, a share between 0 and 1 or a duration in seconds, according to `unit`
    ("count", "share", "seconds"); None if nothing could be counted (n = 0). `excluded` says how many were
    left out for which reason, `immature` how many of n can still change the value. **Asterisks** mark the
    key words of `definition`; `formula` says it in short, `rules` cover the edge cases.
    """

    name: str
    value: float | None
    unit: str
    n: int
    definition: str
    version: int
    formula: str = ""
    rules: str = ""
    p90: float | None = None
    previous: float | None = None
    excluded: Mapping[str, int] = field(default_factory=dict)
    immature: int = 0


@dataclass(frozen=True)
class Series:
    """A count per day: `values[i]` belongs to `days[i]`."""

    name: str
    days: tuple[date, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Row:
    """One group of a breakdown: its key, counts, and median response and resolution times in seconds."""

    key: str | None
    created: int
    solved: int
    backlog: int
    median_first_response: float | None
    median_full_resolution: float | None


@dataclass(frozen=True)
class Overview:
    """Everything that the overview dashboard shows for one set of filters.

    `arrivals` are seven rows, Monday first, with the tickets created in each of 24 local hours.
    """

    filters: Filters
    as_of: datetime
    data_age: float
    figures: Mapping[str, Figure]
    created: Series
    solved: Series
    backlog: Series
    arrivals: tuple[tuple[int, ...], ...]
    by_priority: tuple[Row, ...]
    by_category: tuple[Row, ...]
    by_team: tuple[Row, ...]
    by_agent: tuple[Row, ...]

    @property
    def lasts(self) -> bool:
        """Tell whether the period has not ended yet, so that its end is now."""
        return self.as_of.astimezone(ZoneInfo(self.filters.zone)).date() <= self.filters.end


@dataclass(frozen=True)
class Metrics:
    """Only the figures, by name, for one set of filters; `data_age` in seconds."""

    filters: Filters
    as_of: datetime
    data_age: float
    figures: Mapping[str, Figure]
