"""Typed filters with named URL parameters: `status=new&status=open`, `updated_at.from=2026-01-01`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from flask_admin.model.filters import BaseFilter

from pynamodb_grid.admin.fields import Choice, Choices, Field, Kind, Lookup
from pynamodb_grid.listing import Condition, Conditions, Op

NONE = "-"
"""The URL value of a choice filter that stands for "empty"."""
MAX_FOUND = 25
"""How many choices a text may mean in a filter."""

Values = Mapping[str, Sequence[str]]
"""The URL values of one filter, by suffix: "" for `name=`, "from" for `name.from=`."""


@dataclass(frozen=True, slots=True)
class Control:
    """Describes a filter to a template: what it is called, offers, and holds now."""

    name: str
    label: str
    type: str
    choices: tuple[Choice, ...]
    values: Mapping[str, tuple[str, ...]]
    max_length: int
    lookup: str = ""


class GridFilter(BaseFilter):  # type: ignore[misc]  # Flask-Admin ships no types
    """Is the base of the filters: turns URL values into conditions."""

    type = "text"
    suffixes: tuple[str, ...] = ("",)

    def __init__(self, field: str, label: str | None = None, *, name: str | None = None) -> None:
        """Filter on field; name is the URL parameter and defaults to the field."""
        self.field, self.param = field, name or field
        self.label = label or field.replace("_", " ").capitalize()
        super().__init__(self.label, key_name=self.param)

    def operation(self) -> str:
        """Names the operation, for Flask-Admin's own listings of filters."""
        return self.type

    def conditions(self, values: Values) -> Conditions:
        """Makes conditions of URL values; ValueError carries what to tell the person."""
        raise NotImplementedError

    def choices(self) -> tuple[Choice, ...]:
        """Lists what the filter offers."""
        return ()

    def shown(self, values: Values) -> str:
        """Writes the active values for people."""
        labels = dict(self.choices())
        words = {"": "", "not": "not ", "from": "from ", "to": "to "}
        texts = (words[s] + ", ".join(labels.get(v, v) for v in vs) for s, vs in values.items())
        return "; ".join(texts)

    def control(self, values: Values) -> Control:
        """Describes the filter as it stands."""
        held = {suffix: tuple(texts) for suffix, texts in values.items()}
        return Control(self.param, self.label, self.type, self.choices(), held, 200)

    def _field(self) -> Field:
        return Field(self.field, label=self.label)

    def _one(self, texts: Sequence[str]) -> str:
        if len(texts) != 1:
            raise ValueError(f"{self.label} takes one value.")
        return texts[0].strip()


class ChoiceFilter(GridFilter):
    """Offers choices, several at once, also negated (`name.not=`); empty names the choice "no value"."""

    type = "choice"
    suffixes: tuple[str, ...] = ("", "not")

    def __init__(
        self,
        field: str,
        choices: Choices,
        label: str | None = None,
        *,
        name: str | None = None,
        empty: str | None = None,
        convert: Callable[[str], Any] = str,
    ) -> None:
        """Offer choices, given or called for; convert turns a URL value into the attribute's type."""
        super().__init__(field, label, name=name)
        self._offered = Field(field, label=self.label, choices=choices)
        self._empty, self._convert = empty, convert

    def choices(self) -> tuple[Choice, ...]:
        """Lists the choices as they are now."""
        empty = ((NONE, self._empty),) if self._empty else ()
        return (*empty, *self._offered.options())

    def conditions(self, values: Values) -> Conditions:
        """Makes an equality, a set, or their negation."""
        known = {value for value, _ in self.choices()}
        conditions: list[Condition] = []
        for suffix, texts in values.items():
            unknown = next((text for text in texts if text not in known), None)
            if unknown is not None:
                raise ValueError(f"{self.label} has no choice {unknown[:60]!r}.")
            conditions.extend(self._made(suffix == "not", list(dict.fromkeys(texts))))
        return tuple(conditions)

    def _made(self, negated: bool, texts: list[str]) -> Conditions:
        if NONE in texts and self._empty:
            if len(texts) > 1:
                raise ValueError(f"{self.label}: {self._empty!r} cannot be combined with other choices.")
            return (Condition(self.field, Op.EXISTS if negated else Op.MISSING),)
        picked = [self._convert(text) for text in texts]
        if len(picked) == 1:
            return (Condition(self.field, Op.NE if negated else Op.EQ, picked[0]),)
        return (Condition(self.field, Op.NOT_IN if negated else Op.IN, picked),)


class LookupFilter(ChoiceFilter):
    """Offers choices that are looked up: `name=VALUE`, `name.not=VALUE`, or `name.find=TEXT` without a script."""

    type = "lookup"
    suffixes = ("", "not", "find")

    def __init__(
        self,
        field: str,
        lookup: Lookup,
        label: str | None = None,
        *,
        name: str | None = None,
        empty: str | None = None,
    ) -> None:
        """Offer what lookup finds."""
        super().__init__(field, (), label, name=name, empty=empty)
        self._lookup = lookup

    def conditions(self, values: Values) -> Conditions:
        """Makes an equality, a set, or their negation."""
        conditions: list[Condition] = []
        for suffix, texts in values.items():
            is_text = suffix == "find"
            picked = self._meant(self._one(texts)) if is_text else list(dict.fromkeys(texts))
            known = self._labels({"": picked})
            unknown = next((text for text in picked if text not in known), None)
            if unknown is not None:
                raise ValueError(f"{self.label} has no choice {unknown[:60]!r}.")
            if picked:
                conditions.extend(self._made(suffix == "not", picked))
        return tuple(conditions)

    def shown(self, values: Values) -> str:
        """Writes the labels of what is chosen."""
        labels = self._labels(values)
        words = [
            ("not " if suffix else "") + ", ".join(labels.get(text, text) for text in texts)
            for suffix, texts in values.items()
            if suffix != "find"
        ]
        return "; ".join([*words, *(f"“{text}”" for text in values.get("find", ()) if text)])

    def control(self, values: Values) -> Control:
        """Describes the filter with what is chosen, and where a script looks up the rest."""
        held = {suffix: tuple(texts) for suffix, texts in values.items()}
        labels = self._labels({"": held.get("", ())})
        empty = ((NONE, self._empty),) if self._empty else ()
        chosen = ((text, labels.get(text, text)) for text in held.get("", ()) if text != NONE)
        return Control(self.param, self.label, self.type, (*empty, *chosen), held, 200, self._lookup.url)

    def _labels(self, values: Values) -> dict[str, str]:
        texts = {text for suffix, texts in values.items() if suffix != "find" for text in texts}
        known = dict(self._lookup.labels(texts - {NONE})) if texts - {NONE} else {}
        return known | ({NONE: self._empty} if self._empty else {})

    def _meant(self, text: str) -> list[str]:
        if not text:
            return []
        values = [value for value, _ in self._lookup.find(text)]
        if not values:
            raise ValueError(f"{self.label}: nothing matches “{text[:60]}”.")
        if len(values) > MAX_FOUND:
            raise ValueError(f"{self.label}: more than {MAX_FOUND} match “{text[:60]}”. Write more of it.")
        return values


class TextFilter(GridFilter):
    """Compares text: equal by default, or Op.BEGINS, or Op.CONTAINS."""

    def __init__(
        self, field: str, label: str | None = None, *, name: str | None = None, op: Op = Op.EQ
    ) -> None:
        """Compare with op."""
        super().__init__(field, label, name=name)
        self._op = op

    def conditions(self, values: Values) -> Conditions:
        """Makes one comparison."""
        text = self._field().parse(self._one(values.get("", ())))
        return (Condition(self.field, self._op, text),) if text else ()


class NumberFilter(GridFilter):
    """Compares numbers: `name=`, or a range by `name.from=` and `name.to=`."""

    type = "number"
    suffixes = ("", "from", "to")

    def conditions(self, values: Values) -> Conditions:
        """Makes an equality or the ends of a range."""
        field = replace(self._field(), kind=Kind.NUMBER)
        ops = {"": Op.EQ, "from": Op.GE, "to": Op.LE}
        numbers = ((ops[suffix], field.parse(self._one(texts))) for suffix, texts in values.items())
        return tuple(Condition(self.field, op, number) for op, number in numbers if number is not None)


class DateFilter(GridFilter):
    """Limits a time to whole days, both inclusive: `name.from=2026-01-01`, `name.to=2026-01-31`.

    zone gives the time zone in which days begin; it may be called for at each request.
    """

    type = "date"
    suffixes = ("from", "to")

    def __init__(
        self,
        field: str,
        label: str | None = None,
        *,
        name: str | None = None,
        zone: tzinfo | Callable[[], tzinfo] = UTC,
    ) -> None:
        """Count days in zone."""
        super().__init__(field, label, name=name)
        self._zone = zone

    def conditions(self, values: Values) -> Conditions:
        """Makes the ends of the range."""
        conditions: list[Condition] = []
        for suffix, texts in values.items():
            text = self._one(texts)
            if text and suffix == "from":
                conditions.append(Condition(self.field, Op.GE, self._midnight(text, 0)))
            elif text:
                conditions.append(Condition(self.field, Op.LT, self._midnight(text, 1)))
        if len(conditions) == 2 and conditions[0].value >= conditions[1].value:
            raise ValueError(f"{self.label}: the first day is after the last.")
        return tuple(sorted(conditions, key=lambda c: c.op.value))

    def _midnight(self, text: str, later: int) -> datetime:
        try:
            day = date.fromisoformat(text) + timedelta(days=later)
            zone = self._zone() if callable(self._zone) else self._zone
            return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValueError(f"{self.label} needs days such as 2026-01-31.") from None


class BooleanFilter(GridFilter):
    """Offers yes and no."""

    type = "boolean"

    def choices(self) -> tuple[Choice, ...]:
        """Lists yes and no."""
        return (("yes", "Yes"), ("no", "No"))

    def conditions(self, values: Values) -> Conditions:
        """Makes an equality."""
        text = self._one(values.get("", ()))
        if not text:
            return ()
        value = replace(self._field(), kind=Kind.BOOLEAN).parse(text)
        return (Condition(self.field, Op.EQ, value),)


def scaffold_filter(field: Field) -> GridFilter:
    """Makes the filter that suits a field's kind; ValueError for kinds that cannot be filtered."""
    if field.choices is not None:
        return ChoiceFilter(field.name, field.choices, field.label)
    makers: dict[Kind, Callable[[str, str], GridFilter]] = {
        Kind.TEXT: TextFilter,
        Kind.NUMBER: NumberFilter,
        Kind.BOOLEAN: BooleanFilter,
        Kind.MOMENT: DateFilter,
    }
    if field.kind not in makers:
        raise ValueError(f"no filter suits {field.name}")
    return makers[field.kind](field.name, field.label)
