"""URLs of the ticket grid with filters, in one place."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus

GRID = "/desk/tickets/"
NOT_SET = "-"  # how the grid's filters spell "empty"
# A chart's name of a limit, and the grid's parameter for it; both count whole days, ends included.
DAYS = {
    "created_from": "created.from",
    "created_to": "created.to",
    "solved_from": "solved.from",
    "solved_to": "solved.to",
}
# Parameters of position and order in a list, which do not change what is listed.
PLACE = ("cursor=", "sort=", "desc=", "size=")


def tickets(**filters: str | Sequence[str]) -> str:
    """Return the URL of the ticket grid; several values of one filter are alternatives."""
    pairs = [
        f"{name}={quote_plus(value)}"
        for name, values in filters.items()
        for value in ([values] if isinstance(values, str) else values)
    ]
    return f"{GRID}?{'&'.join(pairs)}" if pairs else GRID


def list_of(address: str) -> str:
    """Reduce a URL to what it lists, whatever the page, so that equal lists have equal URLs."""
    path, _, query = address.partition("?")
    return f"{path}?{'&'.join(sorted(part for part in query.split('&') if not part.startswith(PLACE)))}"


def chart_mark_url(filters_of_mark: Mapping[str, Any]) -> str | None:
    """Return the URL of the tickets behind a chart's mark, None if the grid cannot show exactly these."""
    filters: dict[str, str | list[str]] = {}
    for name in ("team", "priority", "category", "assignee"):
        values = [value or NOT_SET for value in filters_of_mark.get(name, ())]
        if NOT_SET in values and len(values) > 1:
            return None  # the grid cannot ask for "empty or one of these"
        if values:
            filters[name] = values
    if "state" in filters_of_mark:
        filters["state"] = filters_of_mark["state"]
    filters |= {DAYS[name]: day.isoformat() for name, day in filters_of_mark.items() if name in DAYS}
    return tickets(**filters)
