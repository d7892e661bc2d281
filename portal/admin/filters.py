"""Filters of the product's own: by person, and by what a figure of the reports counts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from portal.ui.formatting import full_day
from portal.ui.grid_links import COUNTED
from pynamodb_grid.admin import ChoiceFilter, Choices
from pynamodb_grid.admin.filters import NONE, GridFilter, Values
from pynamodb_grid.listing import Condition, Conditions, Op
from services.reporting import NONE as NOT_SET
from services.reporting import Counted, Filters, Measure

# Maps ids to names, without the ids that nobody has.
NamesOf = Callable[[Iterable[str]], Mapping[str, str]]


class PersonFilter(ChoiceFilter):
    """Choices of people, where an id that is not offered is fine: whoever a chart or a ticket names.

    Only the ids that are chosen are looked up.
    """

    def __init__(
        self,
        field: str,
        choices: Choices,
        label: str,
        *,
        name: str,
        names: NamesOf,
        empty: str | None = None,
    ) -> None:
        super().__init__(field, choices, label, name=name, empty=empty)
        self._names = names

    def conditions(self, values: Values) -> Conditions:
        """Make an equality or a set; raises ValueError for somebody nobody knows."""
        chosen = {text for texts in values.values() for text in texts if text != NONE}
        known = self._names(chosen) if chosen else {}
        unknown = next((text for text in chosen if text not in known), None)
        if unknown is not None:
            raise ValueError(f"{self.label}: there is nobody with the id {unknown[:60]!r}.")
        conditions: list[Any] = []
        for suffix, texts in values.items():
            conditions.extend(self._made(suffix == "not", list(dict.fromkeys(texts))))
        return tuple(conditions)

    def shown(self, values: Values) -> str:
        """Write the people's names."""
        ids = [text for texts in values.values() for text in texts if text != NONE]
        names = self._names(ids)
        words = [
            ("not " if suffix else "") + ", ".join(self._word(text, names) for text in texts)
            for suffix, texts in values.items()
        ]
        return "; ".join(words)

    def _word(self, text: str, names: Mapping[str, str]) -> str:
        return str(self._empty) if text == NONE else names.get(text, text)


# What a list says of the tickets that a measure counts; {} is the period, or the day at whose end they stood so.
COUNTED_AS = {
    Measure.CREATED: "created {}",
    Measure.SOLVED: "first solved {}",
    Measure.FIRST_RESPONSE: "first answered {}",
    Measure.FULL_RESOLUTION: "solved {} and not reopened since",
    Measure.REOPENED: "first solved {} and reopened within 14 days",
    Measure.UNANSWERED: "solved {} without a reply",
    Measure.BACKDATED: "answered {}, before their creation",
    Measure.UNSOLVED: "unsolved at the end of {}",
    Measure.UNREPLIED: "without a first reply at the end of {}",
}
AT_THE_END = (Measure.UNSOLVED, Measure.UNREPLIED)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = 7 * 24
NONE_OF = {"team": "no team", "priority": "no priority", "category": "no category", "assignee": "nobody"}


class CountedFilter(GridFilter):
    """The tickets behind a mark of a chart, by what was true when they were counted; made by links alone.

    `names` looks up what the ids of teams, priorities, categories and assignees stand for; `limited` tells whether
    the reader's figures are those of their teams.
    """

    type = "counted"
    suffixes = ("", "from", "to", "team", "priority", "category", "assignee", "hour")

    def __init__(self, *, zone: str, names: Mapping[str, NamesOf], limited: Callable[[], bool]) -> None:
        """Count days in the zone of the reports."""
        super().__init__(COUNTED, "Counted", name=COUNTED)
        self._zone, self._names, self._limited = zone, names, limited

    def conditions(self, values: Values) -> Conditions:
        """Make the one condition, which only the columnar copy can answer."""
        return (Condition(COUNTED, Op.EQ, self._read(values)),)

    def shown(self, values: Values) -> str:
        """Write what was counted: "created 1 Mar to 31 Mar 2016, then Group 70"."""
        try:
            counted = self._read(values)
        except ValueError:
            return "something unknown"
        filters = counted.filters
        days = full_day(filters.end)
        if counted.measure not in AT_THE_END and filters.start != filters.end:
            first = full_day(filters.start)
            if filters.start.year == filters.end.year:
                first = first.removesuffix(f" {filters.start.year}")
            days = f"{first} to {days}"
        words = COUNTED_AS[counted.measure].format(days)
        if counted.hour is not None:
            day, hour = divmod(counted.hour, 24)
            words += f", {DAYS[day]}s {hour}:00 to {hour + 1}:00"
        groups = [
            " or ".join(self._named(dimension, chosen))
            for dimension, chosen in filters.choices.items()
            if chosen
        ]
        words = f"{words}, then {', '.join(groups)}" if groups else words
        return f"{words}; now in a team of yours" if self._limited() else words

    def _read(self, values: Values) -> Counted:
        try:
            measure = Measure(self._one(values.get("", ())))
        except ValueError:
            raise ValueError(f"{self.label} has no choice {' '.join(values.get('', ()))[:60]!r}.") from None
        hour = values.get("hour")
        filters = Filters(
            start=self._day(values, "from"),
            end=self._day(values, "to"),
            teams=self._choices(values, "team"),
            priorities=self._choices(values, "priority"),
            categories=self._choices(values, "category"),
            assignees=self._choices(values, "assignee"),
            zone=self._zone,
        )
        if filters.end < filters.start:
            raise ValueError(f"{self.label}: the first day is after the last.")
        return Counted(measure, filters, None if hour is None else self._hour(self._one(hour)))

    def _day(self, values: Values, suffix: str) -> date:
        try:
            return date.fromisoformat(self._one(values.get(suffix, ())))
        except ValueError:
            raise ValueError(f"{self.label} needs days such as 2026-01-31, from and to.") from None

    def _hour(self, text: str) -> int:
        if not text.isascii() or not text.isdecimal() or len(text) > 3 or int(text) >= HOURS:
            raise ValueError(f"{self.label} counts the hours of a week from 0 to {HOURS - 1}.")
        return int(text)

    def _choices(self, values: Values, dimension: str) -> tuple[str, ...]:
        chosen = tuple(dict.fromkeys(values.get(dimension, ())))
        ids = [text for text in chosen if text != NONE]
        known = self._names[dimension](ids) if ids else {}
        unknown = next((text for text in ids if text not in known), None)
        if unknown is not None:
            raise ValueError(f"{self.label}: there is no {dimension} {unknown[:60]!r}.")
        return tuple(NOT_SET if text == NONE else text for text in chosen)

    def _named(self, dimension: str, chosen: Sequence[str]) -> list[str]:
        names = self._names[dimension]([choice for choice in chosen if choice != NOT_SET])
        return [NONE_OF[dimension] if choice == NOT_SET else names.get(choice, choice) for choice in chosen]
