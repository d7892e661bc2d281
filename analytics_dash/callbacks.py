"""Connect the page: one server callback from the address to everything, three small ones in the browser."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import dash
from dash import ClientsideFunction, Input, Output, no_update
from flask import g

from analytics_dash import filters, formatting, overview, tiles
from analytics_dash.charts import CHARTS
from analytics_dash.overview import Question, View
from analytics_dash.ports import Avatar, Clock, GridUrl, Services
from analytics_dash.query import CUSTOM, PRIORITY_NAMES
from services.errors import Forbidden, ServiceError

PRIORITY_CHOICES = list(PRIORITY_NAMES.items())

OUTPUTS = {
    "payload": Output("payload", "data"),
    "tiles": Output("tiles", "children"),
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
    "note_agents": Output("note-agents", "children"),
    "all_agents": Output("all-agents", "children"),
    "few_agents": Output("more-agents", "hidden"),
}

ANSWERED = ("payload", "tiles", "note_daily", "note_agents", "all_agents", "few_agents")


def register(
    app: dash.Dash,
    services: Services,
    *,
    prefix: str,
    grid_url: GridUrl,
    avatar: Avatar,
    now: Clock,
    zone: str,
) -> None:
    """Register the page's callbacks on this app only (module-level ones would go to the first app)."""

    @app.callback(output=OUTPUTS, inputs=[Input("url", "search"), Input("refresh", "data")])
    def answer(search: object, _refresh: object) -> dict[str, Any]:
        moment = now()
        question = overview.read(services, search=search, now=moment, zone=zone)
        try:
            view = overview.show(
                services, question, now=moment, actor=g.report_actor, grid_url=grid_url, avatar=avatar
            )
        except Forbidden:
            raise
        except ServiceError as error:
            # The filters stay usable, and the page keeps its previous content and its age.
            return _unanswered() | _filters(question, prefix) | _problem([error.message])
        return _answered(view) | _filters(question, prefix) | _problem(question.choice.problems)

    _register_in_browser(app)


def _register_in_browser(app: dash.Dash) -> None:
    """Name the functions of assets/overview.js that run without the server."""
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
        ClientsideFunction(browser, "beat"),
        Output("refresh", "data"),
        Input("beat", "n_intervals"),
        prevent_initial_call=True,
    )


def check_zone(zone: str) -> str:
    """Return an IANA zone's name; raises ZoneInfoNotFoundError at start rather than on a page."""
    return ZoneInfo(zone).key


def _answered(view: View) -> dict[str, Any]:
    return {
        "payload": view.payload,
        "tiles": tiles.row(view.overview, view.links),
        "note_daily": f"tickets a {view.unit}, first solves",
        "note_agents": formatting.days(view.overview.filters.days),
        "all_agents": f"All {view.agents}",
        "few_agents": view.agents <= overview.MOST_AGENTS,
    }


def _unanswered() -> dict[str, Any]:
    return dict.fromkeys(ANSWERED, no_update)


def _problem(sentences: Sequence[str]) -> dict[str, Any]:
    return {"problem": " ".join(sentences), "problem_hidden": not sentences}


def _filters(question: Question, prefix: str) -> dict[str, Any]:
    choice = question.choice
    return {
        "compared": question.compared,
        "reset": filters.reset(choice, prefix),
        "periods": filters.periods(choice, prefix),
        "range_hidden": choice.period != CUSTOM,
        "from": choice.start.isoformat(),
        "to": choice.end.isoformat(),
        "team": filters.options(choice, "teams", question.teams, prefix),
        "team_said": filters.summary(choice.teams, question.teams),
        "priority": filters.options(choice, "priorities", PRIORITY_CHOICES, prefix),
        "priority_said": filters.summary(choice.priorities, PRIORITY_CHOICES),
        "category": filters.options(choice, "categories", question.categories, prefix),
        "category_said": filters.summary(choice.categories, question.categories),
    }
