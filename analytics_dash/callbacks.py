"""Connect the page: one server callback from the address to everything, three small ones in the browser."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import dash
from dash import ClientsideFunction, Input, Output, State
from flask import g

from analytics_dash import overview, tiles
from analytics_dash.layout import CHARTS
from analytics_dash.overview import View
from analytics_dash.ports import Clock, GridUrl, Services
from analytics_dash.query import CUSTOM

OUTPUTS = {
    "payload": Output("payload", "data"),
    "tiles": Output("tiles", "children"),
    "explanations": Output("explanations", "children"),
    "problem": Output("problem", "children"),
    "problem_hidden": Output("problem", "hidden"),
    "compared": Output("compared", "children"),
    "reset": Output("reset", "className"),
    "range_hidden": Output("range", "hidden"),
    "chosen": Output("chosen", "data"),
    "period": Output("period", "value"),
    "from": Output("from", "value"),
    "to": Output("to", "value"),
    "team_options": Output("team", "options"),
    "team": Output("team", "value"),
    "team_said": Output("team-said", "children"),
    "priority": Output("priority", "value"),
    "priority_said": Output("priority-said", "children"),
    "category_options": Output("category", "options"),
    "category": Output("category", "value"),
    "category_said": Output("category-said", "children"),
    "note_daily": Output("note-daily", "children"),
}


def register(app: dash.Dash, services: Services, *, grid_url: GridUrl, now: Clock, zone: str) -> None:
    """Register the page's callbacks on this app alone (module-level ones go to whichever app comes first)."""

    @app.callback(output=OUTPUTS, inputs=[Input("url", "search"), Input("refresh", "data")])
    def show(search: object, _refresh: object) -> dict[str, Any]:
        view = overview.build(
            services, search=search, now=now(), actor=g.report_actor, zone=zone, grid_url=grid_url
        )
        return _values(view)

    browser = "ledgerdeskReports"
    app.clientside_callback(
        ClientsideFunction(browser, "paint"),
        [Output(f"graph-{name}", "figure") for name in CHARTS],
        Input("payload", "data"),
        Input("theme", "data"),
        prevent_initial_call=True,
    )
    controls = [Input(name, "value") for name in ("period", "from", "to", "team", "priority", "category")]
    app.clientside_callback(
        ClientsideFunction(browser, "choose"), *controls, State("chosen", "data"), prevent_initial_call=True
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


def _values(view: View) -> dict[str, Any]:
    choice = view.choice
    period, start, end = choice.period, choice.start.isoformat(), choice.end.isoformat()
    return {
        "payload": view.payload,
        "tiles": tiles.row(view.overview),
        "explanations": tiles.explanations(view.overview, view.links),
        "problem": " ".join(choice.problems),
        "problem_hidden": not choice.problems,
        "compared": f"{view.shown}, compared with {view.compared}",
        "reset": "report-reset" if choice.narrowed else "report-reset vh",
        "range_hidden": period != CUSTOM,
        # What the controls now say. The browser compares with it to tell a person's change from ours.
        "chosen": [period, start, end, *map(sorted, (choice.teams, choice.priorities, choice.categories))],
        "period": period,
        "from": start,
        "to": end,
        "team_options": _options(view.teams),
        "team": list(choice.teams),
        "team_said": _said(choice.teams, dict(view.teams)),
        "priority": list(choice.priorities),
        "priority_said": _said(choice.priorities, {key: key.capitalize() for key in choice.priorities}),
        "category_options": _options(view.categories),
        "category": list(choice.categories),
        "category_said": _said(choice.categories, dict(view.categories)),
        "note_daily": f"tickets a {view.unit}",
    }


def _options(pairs: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"label": name, "value": key} for key, name in pairs]


def _said(chosen: Sequence[str], names: dict[str, str]) -> str:
    if not chosen:
        return "All"
    return names[chosen[0]] if len(chosen) == 1 else f"{len(chosen)} chosen"
