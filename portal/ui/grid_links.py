"""Addresses of the ticket grid with filters, in one place."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus

GRID = "/desk/tickets/"
NOT_SET = "-"  # how the grid's filters spell "empty"
# What a chart calls a limit, and the grid's parameter for it; both count whole days, ends included.
DAYS = {
    "created_from": "created.from",
    "created_to": "created.to",
    "solved_from": "solved.from",
    "solved_to": "solved.to",
}
# What says where in a list somebody is, and in which order, not what is listed.
PLACE = ("cursor=", "sort=", "desc=", "size=")


def tickets(**filters: str | Sequence[str]) -> str:
    """Address the ticket grid; several values of one filter are alternatives."""
    pairs = [
        f"{name}={quote_plus(value)}"
        for name, values in filters.items()
        for value in ([values] if isinstance(values, str) else values)
    ]
    return f"{GRID}?{'&'.join(pairs)}" if pairs else GRID


def list_of(address: str) -> str:
    """Reduce an address to what it lists, whatever page of it, so that equal lists have equal ones."""
    path, _, query = address.partition("?")
    return f"{path}?{'&'.join(sorted(part for part in query.split('&') if not part.startswith(PLACE)))}"


def behind_a_mark(wanted: Mapping[str, Any]) -> str | None:
    """Address the tickets behind a chart's mark, None where the grid cannot show exactly these."""
    filters: dict[str, str | list[str]] = {}
    for name in ("team", "priority", "category", "assignee"):
        values = [value or NOT_SET for value in wanted.get(name, ())]
        if NOT_SET in values and len(values) > 1:
            return None  # the grid cannot ask for "empty or one of these"
        if values:
            filters[name] = values
    if "state" in wanted:
        filters["state"] = wanted["state"]
    filters |= {DAYS[name]: day.isoformat() for name, day in wanted.items() if name in DAYS}
    return tickets(**filters)
