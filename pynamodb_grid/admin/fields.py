"""What a view knows of a field: its kind, limits and choices; reading values from text and JSON."""

import copy
import enum
import json
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from pynamodb.attributes import (
    Attribute,
    BooleanAttribute,
    JSONAttribute,
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
    VersionAttribute,
)
from pynamodb.models import Model

Choice = tuple[str, str]
Choices = Sequence[Choice] | Callable[[], Sequence[Choice]]
TEXT_LIMIT = 200


class Lookup(Protocol):
    """Choices that are too many to be sent with a page: found when they are opened, named by their values."""

    @property
    def url(self) -> str:
        """Give the address that answers `?q=TEXT` with [[value, label, note], ...], for scripts."""

    def labels(self, values: Collection[str]) -> Mapping[str, str]:
        """Name values; one that cannot be chosen is left out."""

    def find(self, text: str) -> Sequence[Choice]:
        """List what a text can mean, for pages without a script."""


LONG_LIMIT = 64 * 1024
_DIGITS = 38  # what a DynamoDB number holds


class Kind(enum.Enum):
    """Names the kinds of field that forms, filters and inline editors know."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    MOMENT = "moment"
    JSON = "json"
    TEXT_SET = "text_set"
    TEXT_LIST = "text_list"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Field:
    """Describes one field; max_length is in characters, choices are (stored value, label) or looked up.

    A required field is never stored empty. blank is what an empty input is stored as.
    """

    name: str
    kind: Kind = Kind.TEXT
    label: str = ""
    required: bool = False
    max_length: int = TEXT_LIMIT
    choices: Choices | None = None
    key: bool = False
    default: Any = None
    blank: Any = None
    lookup: Lookup | None = None

    def options(self) -> tuple[Choice, ...]:
        """Lists the choices as they are now."""
        chosen = self.choices() if callable(self.choices) else self.choices or ()
        return tuple((str(value), str(label)) for value, label in chosen)

    def parse(self, raw: Any) -> Any:
        """Reads a value from text or JSON; ValueError carries what to tell the person, None means empty."""
        value = _PARSERS[self.kind](self, raw)
        if value in (None, "", [], set()):
            if self.required:
                raise ValueError(f"{self.label} needs a value.")
            return copy.copy(self.blank)
        if self.chosen:
            self._check_choice(value)
        return value

    def recall(self, raw: Any) -> Any:
        """Read a value that a page showed earlier; a choice that is no longer offered is fine here."""
        return replace(self, choices=None, lookup=None, required=False).parse(raw) if raw else None

    @property
    def chosen(self) -> bool:
        """Tells whether a value is chosen, from what is offered or from what is looked up."""
        return self.choices is not None or self.lookup is not None

    def labels(self, values: Collection[str]) -> Mapping[str, str]:
        """Names values that can be chosen."""
        return self.lookup.labels(values) if self.lookup is not None else dict(self.options())

    def label_map(self) -> Mapping[str, str]:
        """Map values to labels: all that are offered, or each as it is asked for."""
        return _LookedUp(self.lookup) if self.lookup is not None else dict(self.options())

    @property
    def several(self) -> bool:
        """Tells whether the field holds several of its choices."""
        return self.chosen and self.kind in (Kind.TEXT_SET, Kind.TEXT_LIST)

    def _check_choice(self, value: Any) -> None:
        chosen = value if self.several else [value]
        known = self.labels([str(each) for each in chosen])
        unknown = next((str(each) for each in chosen if str(each) not in known), None)
        if unknown is not None:
            raise ValueError(f"{self.label} does not have the choice {unknown[:60]!r}.")

    def text(self, value: Any) -> str:
        """Writes a value as an input shows it; the opposite of parse."""
        if value is None:
            return ""
        if self.kind is Kind.JSON:
            return json.dumps(value, indent=2, ensure_ascii=False)
        return _by_type(_INPUT_TEXT, value)


class _LookedUp(dict[str, str]):
    """Labels that are looked up once each, when they are first asked for."""

    def __init__(self, lookup: Lookup) -> None:
        super().__init__()
        self._lookup = lookup

    def __missing__(self, value: str) -> str:
        label = self[value] = self._lookup.labels([value]).get(value, value)
        return label

    def get(self, value: str, default: Any = None) -> Any:
        """Return the label of a value; what cannot be chosen is named by itself."""
        return self[value] if value else default


def _text(field: Field, raw: Any) -> str:
    if not isinstance(raw, str):
        raise ValueError(f"{field.label} needs text.")
    try:
        raw.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{field.label} holds characters that cannot be stored.") from None
    if len(raw) > field.max_length:
        raise ValueError(f"{field.label} is longer than {field.max_length} characters.")
    return raw


def _optional_text(field: Field, raw: Any) -> str | None:
    return None if raw is None else _text(field, raw).replace("\r\n", "\n").strip()


def _number(field: Field, raw: Any) -> int | float | None:
    if isinstance(raw, str):
        raw = raw.strip()
    if raw is None or raw == "":
        return None
    try:
        if isinstance(raw, bool) or len(str(raw)) > _DIGITS + 2:
            raise ValueError
        value = float(raw)
        if not math.isfinite(value):
            raise ValueError
        return int(str(raw)) if value.is_integer() and str(raw).lstrip("+-").isdigit() else value
    except (TypeError, ValueError):
        raise ValueError(f"{field.label} needs a number.") from None


def _boolean(field: Field, raw: Any) -> bool | None:
    if isinstance(raw, bool) or raw is None:
        return raw
    known = {"true": True, "yes": True, "y": True, "1": True, "on": True}
    known |= {"false": False, "no": False, "0": False, "off": False}
    try:
        return known[str(raw).strip().lower()] if str(raw).strip() else None
    except KeyError:
        raise ValueError(f"{field.label} needs yes or no.") from None


def _moment(field: Field, raw: Any) -> datetime | None:
    if raw is None or raw == "":
        return None
    try:
        moment = datetime.fromisoformat(str(raw)[:40])
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{field.label} needs a date and time, such as 2026-01-31T09:00.") from None


def _json(field: Field, raw: Any) -> Any:
    if not isinstance(raw, str):
        return raw
    if not raw.strip():
        return None
    try:
        return json.loads(_text(field, raw))
    except (json.JSONDecodeError, RecursionError):
        raise ValueError(f"{field.label} is not valid JSON.") from None


def _lines(field: Field, raw: Any) -> list[str] | None:
    if raw is None:
        return None
    lines = _text(field, raw).splitlines() if isinstance(raw, str) else raw
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise ValueError(f"{field.label} needs one text per line.")
    return [line for line in (_text(field, each).strip() for each in lines) if line]


def _line_set(field: Field, raw: Any) -> set[str] | None:
    lines = _lines(field, raw)
    return None if lines is None else set(lines)


def _never(field: Field, _raw: Any) -> Any:
    raise ValueError(f"{field.label} cannot be edited here.")


_PARSERS: dict[Kind, Callable[[Field, Any], Any]] = {
    Kind.TEXT: _optional_text,
    Kind.LONG_TEXT: _optional_text,
    Kind.NUMBER: _number,
    Kind.BOOLEAN: _boolean,
    Kind.MOMENT: _moment,
    Kind.JSON: _json,
    Kind.TEXT_SET: _line_set,
    Kind.TEXT_LIST: _lines,
    Kind.OTHER: _never,
}


_KINDS: tuple[tuple[type[Attribute[Any]], Kind], ...] = (
    (JSONAttribute, Kind.JSON),
    (UnicodeAttribute, Kind.TEXT),
    (NumberAttribute, Kind.NUMBER),
    (BooleanAttribute, Kind.BOOLEAN),
    (UTCDateTimeAttribute, Kind.MOMENT),
    (UnicodeSetAttribute, Kind.TEXT_SET),
)


def kind_of(attribute: Attribute[Any]) -> Kind:
    """Classifies an attribute; one of another class counts as a time when its name says DateTime."""
    if isinstance(attribute, ListAttribute) and attribute.element_type is UnicodeAttribute:
        return Kind.TEXT_LIST
    if "DateTime" in type(attribute).__name__:
        return Kind.MOMENT
    return next((kind for of, kind in _KINDS if isinstance(attribute, of)), Kind.OTHER)


def scaffold_fields(
    model: type[Model],
    *,
    labels: Mapping[str, str],
    choices: Mapping[str, Choices],
    max_lengths: Mapping[str, int],
) -> dict[str, Field]:
    """Derives fields from a model's attributes, in their order; the version attribute is left out."""
    fields: dict[str, Field] = {}
    for name, attribute in model.get_attributes().items():
        if isinstance(attribute, VersionAttribute):
            continue
        kind = kind_of(attribute)
        limit = max_lengths.get(name, TEXT_LIMIT if kind is Kind.TEXT else LONG_LIMIT)
        if kind is Kind.TEXT and limit > TEXT_LIMIT:
            kind = Kind.LONG_TEXT
        default = attribute.default_for_new if attribute.default is None else attribute.default
        blank = (
            None if attribute.null or attribute.is_hash_key or attribute.is_range_key else _blank_of(default)
        )
        fields[name] = Field(
            name,
            kind,
            label=labels.get(name) or name.replace("_", " ").capitalize(),
            required=not attribute.null and blank is None,
            max_length=limit,
            choices=choices.get(name),
            key=bool(attribute.is_hash_key or attribute.is_range_key),
            default=default,
            blank=blank,
        )
    return fields


def _blank_of(default: Any) -> Any:
    """Gives the empty text or list that an attribute has by default, None for any other default."""
    if default in (str, list):
        return default()
    return default if isinstance(default, str | list) and not default else None


Writers = tuple[tuple[tuple[type, ...], Callable[[Any], str]], ...]
# A bool is an int and a datetime is a date: the order matters.
_INPUT_TEXT: Writers = (
    ((bool,), lambda v: "true" if v else "false"),
    ((datetime,), lambda v: v.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")),
    ((set, frozenset), lambda v: "\n".join(sorted(v))),
    ((list, tuple), lambda v: "\n".join(map(str, v))),
)
_PEOPLE_TEXT: Writers = (
    ((str,), str),
    ((bool,), lambda v: "Yes" if v else "No"),
    ((datetime,), lambda v: v.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")),
    ((float,), lambda v: str(int(v)) if v.is_integer() else str(v)),
    ((set, frozenset), lambda v: ", ".join(sorted(map(str, v)))),
    ((list, tuple), lambda v: ", ".join(map(str, v))),
    ((dict,), lambda v: json.dumps(v, ensure_ascii=False, default=str)),
)


def _by_type(writers: Writers, value: Any) -> str:
    return next((write for types, write in writers if isinstance(value, types)), str)(value)


def display(value: Any, labels: Mapping[str, str] | None = None) -> str:
    """Writes a value for people: labels for choices, yes or no, times to the minute in UTC."""
    if value is None:
        return ""
    if labels is not None:
        return labels.get(str(value), str(value))
    return _by_type(_PEOPLE_TEXT, value)
