"""Addresses of the ticket grid with filters, in one place."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import url_for

NOT_SET = "-"  # how the grid's filters spell "empty"


def tickets(**filters: str | Sequence[str]) -> str:
    """Address the ticket grid; `created__from` stands for the parameter `created.from`."""
    wanted = {name.replace("__", "."): value for name, value in filters.items()}
    return url_for("tickets.index_view", **wanted)


def behind_a_mark(wanted: Mapping[str, Any]) -> str | None:
    """Address the tickets behind a chart's mark, None where the grid cannot show exactly these.

    The grid has no filter for the day of solving, so a mark that counts solves is not a link.
    """
    if "solved_from" in wanted or "solved_to" in wanted:
        return None
    filters: dict[str, str | list[str]] = {}
    for name in ("team", "priority", "category", "assignee"):
        if name in wanted:
            filters[name] = [value or NOT_SET for value in wanted[name]]
    if "state" in wanted:
        filters["state"] = wanted["state"]
    if "created_from" in wanted:
        filters["created__from"] = wanted["created_from"].isoformat()
    if "created_to" in wanted:
        filters["created__to"] = wanted["created_to"].isoformat()
    return tickets(**filters)
