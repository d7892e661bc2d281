"""Connect the page: one server callback from the address to everything, five small ones in the browser.

What the server answers are data: the browser puts them into the page itself, because Dash would replace the links and
buttons that somebody is about to press.
"""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import dash
from dash import ClientsideFunction, Input, Output, no_update
from flask import g

from analytics_dash import filters, formatting, overview, tiles
from analytics_dash.charts import CHARTS, ZOOMED
from analytics_dash.overview import Question, View
from analytics_dash.ports import Avatar, Clock, GridUrl, Services
from analytics_dash.query import CUSTOM, PRIORITY_NAMES
from services.errors import Forbidden, ServiceError

PRIORITY_CHOICES = list(PRIORITY_NAMES.items())

OUTPUTS = {"payload": Output("payload", "data"), "bar": Output("bar", "data")}


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
        question = overview.read(services, search=search, now=moment, zone=zone, actor=g.report_actor)
        if question.shows_nothing:
            return {"payload": no_update, "bar": _bar(question, search, prefix, [])}
        try:
            view = overview.show(
                services, question, now=moment, actor=g.report_actor, grid_url=grid_url, avatar=avatar
            )
        except Forbidden:
            raise
        except ServiceError as error:
            # The filters stay usable, and the page keeps its previous content and its age.
            return {"payload": no_update, "bar": _bar(question, search, prefix, [error.message])}
        return {
            "payload": view.payload | _content(view),
            "bar": _bar(question, search, prefix, question.choice.problems),
        }

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
        ClientsideFunction(browser, "dress"), Input("bar", "data"), prevent_initial_call=True
    )
    app.clientside_callback(
        ClientsideFunction(browser, "zoom"),
        *[Input(f"graph-{name}", "relayoutData") for name in ZOOMED],
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


def _content(view: View) -> dict[str, Any]:
    """Build what the browser puts into the places of the page, by id, and which of them it hides."""
    return {
        "parts": {
            "tiles": tiles.row(view.overview, view.links),
            "note-daily": [f"tickets a {view.unit}, first solves"],
            "note-agents": [f"{formatting.days(view.overview.filters.days)}, open at the end"],
            "all-agents": [f"All {view.agents}"],
        },
        "hidden": {"more-agents": view.agents <= overview.MOST_AGENTS},
    }


def _bar(question: Question, search: object, prefix: str, problems: Sequence[str]) -> dict[str, Any]:
    """Build the filter bar, and say which address it belongs to: the browser may be ahead of it."""
    choice = question.choice
    return {
        "search": search if isinstance(search, str) else "",
        "parts": {
            "problem": [" ".join(problems)],
            "covered": [question.covered],
            "compared": [question.compared],
            "reset": filters.reset(choice, prefix),
            "periods": filters.periods(choice, prefix),
            "range": filters.days(choice),
            "team-options": filters.options(choice, "teams", question.teams, prefix),
            "team-said": [filters.summary(choice.teams, question.teams)],
            "priority-options": filters.options(choice, "priorities", PRIORITY_CHOICES, prefix),
            "priority-said": [filters.summary(choice.priorities, PRIORITY_CHOICES)],
            "category-options": filters.options(choice, "categories", question.categories, prefix),
            "category-said": [filters.summary(choice.categories, question.categories)],
        },
        "hidden": {
            "problem": not problems,
            "range": choice.period != CUSTOM,
            "covered": not question.covered,
            "no-team": not question.shows_nothing,
            **dict.fromkeys(("report-filters", "tiles", "cards"), question.shows_nothing),
        },
    }
