"""URLs of the ticket grid with filters, in one place."""

from collections.abc import Sequence
from urllib.parse import urlencode

from services.reporting import NONE, Counted

GRID = "/desk/tickets/"
NOT_SET = "-"  # how the grid's filters spell "empty"
COUNTED = "counted"  # the filter by what a figure of the reports counts
# Parameters of position and order in a list, which do not change what is listed.
PLACE = ("cursor=", "page=", "sort=", "desc=", "size=")


def tickets(**filters: str | Sequence[str]) -> str:
    """Return the URL of the ticket grid; several values of one filter are alternatives."""
    pairs = [
        (name, value)
        for name, values in filters.items()
        for value in ([values] if isinstance(values, str) else values)
    ]
    return f"{GRID}?{urlencode(pairs)}" if pairs else GRID


def list_of(address: str) -> str:
    """Reduce a URL to what it lists, whatever the page, so that equal lists have equal URLs."""
    path, _, query = address.partition("?")
    return f"{path}?{'&'.join(sorted(part for part in query.split('&') if not part.startswith(PLACE)))}"


def chart_mark_url(counted: Counted) -> str:
    """Return the URL of the tickets behind a chart's mark; CountedFilter reads it."""
    filters = counted.filters
    pairs: dict[str, str | Sequence[str]] = {
        COUNTED: counted.measure.value,
        f"{COUNTED}.from": filters.start.isoformat(),
        f"{COUNTED}.to": filters.end.isoformat(),
    }
    for dimension, chosen in filters.choices.items():
        pairs[f"{COUNTED}.{dimension}"] = [NOT_SET if choice == NONE else choice for choice in chosen]
    if counted.hour is not None:  # last, so that any other hour can take its place
        pairs[f"{COUNTED}.hour"] = str(counted.hour)
    return tickets(**pairs)
