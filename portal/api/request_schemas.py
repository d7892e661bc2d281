"""What programs send, read strictly: what is not known is refused, so that a typo changes nothing."""

from collections.abc import Collection
from typing import Any

from flask import request

from services.errors import Invalid
from services.tickets import (
    ALL_FIELDS,
    BY_NAME,
    OPENED_WITH,
    Condition,
    Kind,
    ListRequest,
    Op,
    Sort,
    field_names,
)

NEW = ("subject", "body", "requester_id", *(name for name in OPENED_WITH if BY_NAME[name].in_api))
CHANGES = field_names(lambda each: each.editable and each.in_api)
MESSAGES = ("reply", "note")
# Parameters of a list, and the fields they limit to one value.
FILTERS = {"state": "state"} | {
    each.param: each.name
    for each in ALL_FIELDS
    if each.filterable and each.in_api and each.kind is not Kind.TIME
}
NONE = "none"
SIZE, MOST = 25, 100
MOST_DIGITS = 9


class VersionNeeded(Invalid):
    """A change must say which version it was made from."""

    def __init__(self) -> None:
        super().__init__(
            'Say which version the change is based on, as in If-Match: "7". Nothing was changed.'
        )


def body(known: Collection[str]) -> dict[str, str | None]:
    """Return the JSON object of the request, whose values are texts or null; raises Invalid."""
    values: Any = request.get_json()
    if not isinstance(values, dict):
        raise Invalid("Send a JSON object.")
    for name, value in values.items():
        if name not in known:
            raise _unknown("field", name, known)
        if value is not None and not isinstance(value, str):
            raise Invalid(f"The field {name} must be a string.", {name: "Must be a string."})
    return values


def version() -> int:
    """Return the version in If-Match, which the caller saw; raises VersionNeeded."""
    given = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not given.isascii() or not given.isdecimal() or len(given) > MOST_DIGITS or not int(given):
        raise VersionNeeded
    return int(given)


def page() -> ListRequest:
    """Return the list that the address asks for, the latest change first; raises Invalid."""
    given = request.args
    known = (*FILTERS, "cursor", "size")
    for name in given:
        if name not in known:
            raise _unknown("parameter", name, known)
    conditions = [_condition(field, given[name]) for name, field in FILTERS.items() if name in given]
    return ListRequest(
        tuple(conditions), Sort("updated_at", descending=True), _size(given.get("size")), given.get("cursor")
    )


def _condition(field: str, value: str) -> Condition:
    if value == NONE and field in BY_NAME and not BY_NAME[field].required:
        return Condition(field, Op.MISSING)
    return Condition(field, Op.EQ, value)


def _size(text: str | None) -> int:
    if text is None:
        return SIZE
    if not text.isascii() or not text.isdecimal() or len(text) > MOST_DIGITS or not 1 <= int(text) <= MOST:
        raise Invalid(f"A page can have 1 to {MOST} tickets.", {"size": f"1 to {MOST}."})
    return int(text)


def _unknown(what: str, name: str, known: Collection[str]) -> Invalid:
    listed = ", ".join(known)
    return Invalid(f"There is no {what} {name[:40]!r} here, only {listed}.", {name[:40]: "Unknown."})
