"""Connect the page: one server callback from the address to everything, three small ones in the browser."""

from typing import Any
from zoneinfo import ZoneInfo

import dash
from dash import ClientsideFunction, Input, Output
from flask import g

from analytics_dash import filters, overview, tiles
from analytics_dash.layout import CHARTS
from analytics_dash.overview import View
from analytics_dash.ports import Avatar, Clock, GridUrl, Services
from analytics_dash.query import CUSTOM, PRIORITIES

PRIORITY_NAMES = [(key, key.capitalize()) for key in PRIORITIES]

OUTPUTS = {
    "payload": Output("payload", "data"),
    "tiles": Output("tiles", "children"),
    "explanations": Output("explanations", "children"),
    "problem": Output("problem", "children"),
    "problem_hidden": Output("problem", "hidden"),
    "compared": Output("compared", "children"),
    "reset": Output("reset", "children"),
    "periods": Output("periods", "children"),
    "range_hidden": Output("range", "hidden"),
    "from": Output("from", "value"),
    "to": Output("to", "value"),
    "team": Output("team-options", "children"),
    "team_said": Output("team-said", "children"),
    "priority": Output("priority-options", "children"),
    "priority_said": Output("priority-said", "children"),
    "category": Output("category-options", "children"),
    "category_said": Output("category-said", "children"),
    "note_daily": Output("note-daily", "children"),
}


def register(
    app: dash.Dash, services: Services, *, prefix: str, grid_url: GridUrl, avatar: Avatar, now: Clock, zone: str
) -> None:
    """Register the page's callbacks on this app alone (module-level ones go to whichever app comes first)."""

    @app.callback(output=OUTPUTS, inputs=[Input("url", "search"), Input("refresh", "data")])
    def show(search: object, _refresh: object) -> dict[str, Any]:
        view = overview.build(
            services, search=search, now=now(), actor=g.report_actor, zone=zone, grid_url=grid_url, avatar=avatar
        )
        return _values(view, prefix)

    browser = "ledgerdeskReports"
    app.clientside_callback(
        ClientsideFunction(browser, "paint"),
        [Output(f"graph-{name}", "figure") for name in CHARTS],
        Input("payload", "data"),
        Input("theme", "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction(browser, "open"),
        *[Input(f"graph-{name}", "clickData") for name in CHARTS],
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction(browser, "beat"), Output("refresh", "data"), Input("beat", "n_intervals"),
        prevent_initial_call=True,
    )  # fmt: skip


def check_zone(zone: str) -> str:
    """Return an IANA zone's name; raises ZoneInfoNotFoundError at start rather than on a page."""
    return ZoneInfo(zone).key


def _values(view: View, prefix: str) -> dict[str, Any]:
    choice = view.choice
    return {
        "payload": view.payload,
        "tiles": tiles.row(view.overview),
        "explanations": tiles.explanations(view.overview, view.links),
        "problem": " ".join(choice.problems),
        "problem_hidden": not choice.problems,
        "compared": f"{view.shown}, compared with {view.compared}",
        "reset": filters.reset(choice, prefix),
        "periods": filters.periods(choice, prefix),
        "range_hidden": choice.period != CUSTOM,
        "from": choice.start.isoformat(),
        "to": choice.end.isoformat(),
        "team": filters.options(choice, "teams", view.teams, prefix),
        "team_said": filters.said(choice.teams, view.teams),
        "priority": filters.options(choice, "priorities", PRIORITY_NAMES, prefix),
        "priority_said": filters.said(choice.priorities, PRIORITY_NAMES),
        "category": filters.options(choice, "categories", view.categories, prefix),
        "category_said": filters.said(choice.categories, view.categories),
        "note_daily": f"tickets a {view.unit}",
    }
