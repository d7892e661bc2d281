"""What programs send, read strictly: what is not known is refused, so that a typo changes nothing."""

from collections.abc import Collection
from typing import Any

from flask import request

from portal.api.authentication import caller
from portal.web.guards import now, services
from services.errors import Invalid
from services.tickets import (
    ALL_FIELDS,
    BY_NAME,
    OPENED_WITH,
    SORTABLE,
    Condition,
    Kind,
    ListRequest,
    Op,
    Sort,
    field_names,
)
from services.users.identity import Scope

NEW = ("subject", "body", "requester_id", *(name for name in OPENED_WITH if BY_NAME[name].in_api))
CHANGES = field_names(lambda each: each.editable and each.in_api)
MESSAGES = ("reply", "note")
# Parameters of a list, and the fields they limit to one value.
FILTERS = {"state": "state"} | {
    each.param: each.name
    for each in ALL_FIELDS
    if each.filterable and each.in_api and each.kind is not Kind.TIME
}
ONCE = ("sort", "desc", "cursor", "size")
NEWEST = Sort("updated_at", descending=True)
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
    """Return the list that the address asks for; raises Invalid.

    Several values of one filter are alternatives, and orders have the names that they have in the grid's address.
    """
    given = request.args
    known = (*FILTERS, *ONCE)
    for name in given:
        if name not in known:
            raise _unknown("parameter", name, known)
    for name in ONCE:
        if len(given.getlist(name)) > 1:
            raise Invalid(f"The parameter {name} can be there once.", {name: "Once."})
    conditions = [
        _condition(name, field, list(dict.fromkeys(given.getlist(name))))
        for name, field in FILTERS.items()
        if name in given
    ]
    sort = _sort(given.get("sort"), given.get("desc"), tuple(conditions))
    return ListRequest(tuple(conditions), sort, _size(given.get("size")), given.get("cursor"))


def _condition(param: str, field: str, values: list[str]) -> Condition:
    if NONE in values and field in BY_NAME and not BY_NAME[field].required:
        if len(values) > 1:
            raise Invalid(f"{param}={NONE} cannot be combined with other values.", {param: "Alone."})
        return Condition(field, Op.MISSING)
    _check_values(param, field, values)
    return Condition(field, Op.EQ, values[0]) if len(values) == 1 else Condition(field, Op.IN, values)


def _check_values(param: str, field: str, values: Collection[str]) -> None:
    """Refuse values that no ticket can have.

    Which teams and people there are is told to those alone who see the tickets of others: for anybody else,
    nothing matches.
    """
    kind = BY_NAME[field].kind if field in BY_NAME else None
    if kind is Kind.CHOICE:
        choices = BY_NAME[field].values
        unknown = next((value for value in values if value not in choices), None)
        if unknown is not None:
            raise _unknown(param, unknown, choices, param)
        return
    if services().tickets.service.list_scope(actor=caller()) not in (Scope.ALL, Scope.TEAM):
        return
    if kind in (Kind.TEAM, Kind.CATEGORY):
        known: Collection[str] = services().catalog.names(kind.value)
    elif kind is Kind.USER:
        known = services().users.accounts.names(values)
    else:
        return
    unknown = next((value for value in values if value not in known), None)
    if unknown is not None:
        raise Invalid(f"There is no {param} {unknown[:40]!r}.", {param: "Unknown."})


def _sort(field: str | None, desc: str | None, conditions: tuple[Condition, ...]) -> Sort:
    """Read the order, the latest change first if none is asked for; refuse one that this list cannot have."""
    if desc is not None and (field is None or desc not in ("0", "1")):
        raise Invalid("The parameter desc is 0 or 1, and belongs to sort.", {"desc": "0 or 1, with sort."})
    if field is None:
        return NEWEST
    if field not in SORTABLE:
        raise _unknown("order", field, SORTABLE, "sort")
    possible = services().tickets.service.sortable(actor=caller(), conditions=conditions)
    # While there is no copy of the ledger, the list itself says that it cannot be sorted so for now.
    if field not in possible and services().reporting.analytics.behind(now=now()) is not None:
        offered = ", ".join(name for name in SORTABLE if name in possible)
        raise Invalid(
            f"This list cannot be sorted by {field}, only by {offered}.", {"sort": "Not this list."}
        )
    return Sort(field, descending=desc == "1")


def _size(text: str | None) -> int:
    if text is None:
        return SIZE
    if not text.isascii() or not text.isdecimal() or len(text) > MOST_DIGITS or not 1 <= int(text) <= MOST:
        raise Invalid(f"A page can have 1 to {MOST} tickets.", {"size": f"1 to {MOST}."})
    return int(text)


def _unknown(what: str, name: str, known: Collection[str], where: str | None = None) -> Invalid:
    listed = ", ".join(known)
    return Invalid(f"There is no {what} {name[:40]!r} here, only {listed}.", {where or name[:40]: "Unknown."})
