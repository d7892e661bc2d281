"""The marks of the dashboard as people see them, and the lists that they open."""

import itertools
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode

from flask import request

from analytics_dash import overview, tiles
from portal.ui.grid_links import chart_mark_url
from pynamodb_grid.admin.query import read_query
from pynamodb_grid.listing import ListRequest, Sort

NEWEST = Sort("updated_at", descending=True)
NUMBER = re.compile(r"[\d,]+")

Mark = tuple[str, int, str]  # where it stands, what it says, its link


def shown(site, actor, **filters):
    """Draw the dashboard as somebody sees it."""
    question = overview.read(
        site.services, search=f"?{urlencode(filters)}", now=datetime.now(UTC), zone="UTC", actor=actor
    )
    assert not question.choice.problems
    return overview.show(
        site.services,
        question,
        now=datetime.now(UTC),
        actor=actor,
        grid_url=chart_mark_url,
        avatar=lambda _, name: (name[:1], 0),
    )


def number(text: str) -> int:
    return int(NUMBER.search(text)[0].replace(",", ""))


def links_in(element) -> Iterator[tuple[str, str]]:
    """Find the links below an element of a page, with their words."""
    if isinstance(element, list):
        for one in element:
            yield from links_in(one)
    elif isinstance(element, dict):
        inside = element["props"].get("children")
        if element["type"] == "A":
            yield str(inside if isinstance(inside, str) else inside[0]), element["props"]["href"]
        else:
            yield from links_in(inside)


def marks(view) -> Iterator[Mark]:
    """List everything on the page that opens tickets."""
    for name, figure in view.payload["figures"].items():
        yield from marks_of_figure(name, figure)
    for name, table in view.payload["tables"].items():
        # The short table of agents has no rows of its own: it shows those of another one.
        for cell in itertools.chain.from_iterable(table.get("rows", ())):
            if isinstance(cell, list):
                yield f"table {name}", number(cell[0]), cell[1]
    for hour, count in enumerate(itertools.chain.from_iterable(view.payload["heat"])):
        if count:
            yield "hours", count, f"{view.payload['heat_url']}{hour}"
    for text, link in links_in(tiles.row(view.overview, view.links)):
        yield f"explanation: {text}", number(text), link


def marks_of_figure(name, figure) -> Iterator[Mark]:
    """List the marks of a chart; one without tickets links nowhere."""
    for trace in figure["data"]:
        values = trace["x"] if trace.get("orientation") == "h" else trace["y"]
        for value, link in zip(values, trace.get("customdata", ()), strict=False):
            assert (link is not None) == bool(value), (name, value)
            if link:
                yield f"chart {name}", int(value), link


def conditions_of(site, link):
    """Read a link as the grid does."""
    grid = next(view for view in site.app.extensions["admin"][0]._views if view.endpoint == "tickets")
    with site.app.test_request_context(link):
        query, problems = read_query(request.args, grid._filters, grid.page_size_options)
        assert not problems
        return grid.list_conditions(query)


def page_of(site, link, actor, size=1, sort=NEWEST):
    """Read a page of the list that a link opens."""
    return site.services.tickets.service.page(
        actor=actor, request=ListRequest(conditions_of(site, link), sort, size)
    )
