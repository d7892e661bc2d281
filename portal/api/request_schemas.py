"""What programs ask for, read strictly: what is not known is refused, so that a typo changes nothing."""

from collections.abc import Collection
from typing import Any

from flask import request

from services.errors import Invalid
from services.tickets import Condition, ListRequest, Op, Sort

NEW = ("subject", "body", "requester_id", "category", "priority", "team_id", "assignee_id")
CHANGES = ("subject", "status", "priority", "category", "team_id", "assignee_id")
WORDS = ("reply", "note")
FILTERS = {"state": "state", "status": "status", "assignee": "assignee_id", "team": "team_id",
           "requester": "requester_id"}  # fmt: skip
NOBODY = "none"
SIZE, MOST = 25, 100
MOST_DIGITS = 9


class VersionNeeded(Invalid):
    """A change must say which version it was made from."""

    def __init__(self) -> None:
        super().__init__('Say which version you saw, as in If-Match: "7". Nothing was changed.')


def body(known: Collection[str]) -> dict[str, str | None]:
    """Return the JSON object of the request, whose values are texts or null; raises Invalid."""
    found: Any = request.get_json()
    if not isinstance(found, dict):
        raise Invalid("Send a JSON object.")
    for name, value in found.items():
        if name not in known:
            raise _unknown("field", name, known)
        if value is not None and not isinstance(value, str):
            raise Invalid(f"The field {name} needs text.", {name: "Needs text."})
    return found


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
    if value == NOBODY and field in ("assignee_id", "team_id"):
        return Condition(field, Op.MISSING)
    return Condition(field, Op.EQ, value)


def _size(text: str | None) -> int:
    if text is None:
        return SIZE
    if not text.isascii() or not text.isdecimal() or len(text) > MOST_DIGITS or not 1 <= int(text) <= MOST:
        raise Invalid(f"A page has 1 to {MOST} tickets.", {"size": f"1 to {MOST}."})
    return int(text)


def _unknown(what: str, name: str, known: Collection[str]) -> Invalid:
    listed = ", ".join(known)
    return Invalid(f"There is no {what} {name[:40]!r} here, only {listed}.", {name[:40]: "Unknown."})
