"""The marks of the dashboard as people see them, and the lists that they open."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from flask import request

from analytics_dash import overview, tiles
from bench.chart_marks import Mark, marks
from portal.ui.grid_links import chart_mark_url
from pynamodb_grid.admin.query import read_query
from pynamodb_grid.listing import ListRequest, Sort

NEWEST = Sort("updated_at", descending=True)


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


def marks_of(view) -> list[Mark]:
    """List everything on a page that opens tickets, each once."""
    parts = {"tiles": tiles.row(view.overview, view.links)}
    return list(dict.fromkeys(marks(view.payload | {"parts": parts})))


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
