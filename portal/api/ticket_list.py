"""Which tickets a list holds: parameters as in the addresses of the grid, turned into conditions."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app

from portal.api.authentication import caller
from portal.api.ticket_schemas import FILTERS, NONE, TIMES
from portal.web.guards import services
from services.errors import Invalid
from services.tickets import Condition, Kind, ListRequest, Op, Sort
from services.tickets import Field as TicketField
from services.users.identity import Scope

DAY = timedelta(days=1)
EXAMPLE = "Must be a day such as 2026-01-31, or a time such as 2026-01-31T09:30:00Z."


def request_of(query: Any) -> ListRequest:
    """Return the list that parameters ask for; raises Invalid for what no ticket can have."""
    conditions = [_condition("state", None, query.state, negated=False)] if query.state else []
    for field in FILTERS:
        for values, negated in (
            (getattr(query, field.param), False),
            (getattr(query, f"{field.param}_not"), True),
        ):
            if values:
                conditions.append(_condition(field.param, field, values, negated=negated))
    for field in TIMES:
        conditions += _times(field, query)
    if query.updated_since is not None:
        conditions.append(Condition("updated_at", Op.GE, query.updated_since))
    sort = Sort(query.sort.removeprefix("-"), descending=query.sort.startswith("-"))
    return ListRequest(tuple(conditions), sort, query.size, query.cursor)


def _condition(param: str, field: TicketField | None, values: list[str], *, negated: bool) -> Condition:
    name = field.name if field else param
    if field is not None and NONE in values and not field.required:
        if len(values) > 1:
            raise Invalid(f"{param}={NONE} cannot be combined with other values.", {param: "Alone."})
        return Condition(name, Op.EXISTS if negated else Op.MISSING)
    if field is not None:
        check_values(param, field.kind, values)
    if len(values) == 1:
        return Condition(name, Op.NE if negated else Op.EQ, values[0])
    return Condition(name, Op.NOT_IN if negated else Op.IN, values)


def check_values(param: str, kind: Kind, values: Collection[str]) -> None:
    """Refuse values that no ticket can have.

    Which teams and people there are is told to those alone who see the tickets of others: for anybody else,
    nothing matches.
    """
    if services().tickets.service.list_scope(actor=caller()) not in (Scope.ALL, Scope.TEAM):
        return
    if kind in (Kind.TEAM, Kind.CATEGORY):
        known: Collection[str] = services().catalog.names(kind.value)
    elif kind is Kind.ORGANIZATION:
        known = services().users.organizations.names_in_lists()
    elif kind is Kind.USER:
        known = services().users.accounts.names(values)
    else:
        return
    unknown = next((value for value in values if value not in known), None)
    if unknown is not None:
        raise Invalid(f"There is no {param} {unknown[:40]!r}.", {param: "Unknown."})


def _times(field: TicketField, query: Any) -> list[Condition]:
    first, last = (getattr(query, f"{field.param}_{suffix}") for suffix in ("from", "to"))
    conditions = []
    if first is not None:
        conditions.append(Condition(field.name, Op.GE, _moment(first, f"{field.param}.from", end=False)))
    if last is not None:
        conditions.append(Condition(field.name, Op.LT, _moment(last, f"{field.param}.to", end=True)))
    if len(conditions) == 2 and conditions[0].value >= conditions[1].value:
        name = f"{field.param}.to"
        raise Invalid(f"{name} lies before {field.param}.from.", {name: "Before the beginning."})
    return conditions


def _moment(text: str, name: str, *, end: bool) -> datetime:
    """Read a day in the product's time zone or a time; `end` means up to it, inclusive."""
    try:
        if len(text) == len("2026-01-31"):
            day = date.fromisoformat(text) + (DAY if end else timedelta())
            zone = ZoneInfo(current_app.extensions["settings"].time_zone)
            return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise ValueError
        return at.astimezone(UTC) + (timedelta(microseconds=1) if end else timedelta())
    except (ValueError, OverflowError):
        raise Invalid(f"{name}: {EXAMPLE}", {name: EXAMPLE}) from None
