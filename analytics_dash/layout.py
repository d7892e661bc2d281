"""The page's fixed frame: filters, places for figures and charts; it holds no data and touches no service."""

from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from analytics_dash.graph import graph
from analytics_dash.query import PERIODS
from analytics_dash.tiles import TILES

CHARTS = ("daily", "backlog", "priority", "category", "team")
REFRESH_MS = 60_000


def page() -> Component:
    """Build the layout of the service overview."""
    return html.Div(
        [
            dcc.Location(id="url", refresh=False),
            dcc.Interval(id="beat", interval=REFRESH_MS),
            dcc.Store(id="refresh"),
            dcc.Store(id="theme"),
            dcc.Store(id="payload"),
            _filters(),
            html.Div(id="explanations"),
            html.Div(
                [
                    html.Div(id="problem", className="notice warn problem", hidden=True, role="status"),
                    html.Div(
                        "The figures cannot be reached right now. What you see stays as it was; "
                        "they are asked for again within a minute.",
                        id="unreachable",
                        className="notice bad problem",
                        hidden=True,
                        role="alert",
                    ),
                    html.Section(
                        [html.Div(className="tile") for _ in TILES],
                        id="tiles",
                        className="card tiles report-tiles",
                        **_extra({"aria-label": "Key figures"}),
                    ),
                    html.Div(_cards(), className="report-grid"),
                ],
                className="report-body",
            ),
        ],
        className="report",
    )


def _extra(props: dict[str, str]) -> dict[str, Any]:
    """Pass aria- and data- properties, which the components' signatures do not list."""
    return props


def _filters() -> Component:
    return html.Div(
        [
            html.Div(
                [html.A(f"{days} d") for days in PERIODS.values()] + [html.A("Custom")],
                id="periods",
                className="segments",
                role="group",
                **_extra({"aria-label": "Period"}),
            ),
            html.Div(
                [
                    _day("from", "From"),
                    html.Span("\N{EN DASH}", **_extra({"aria-hidden": "true"})),
                    _day("to", "To"),
                ],
                id="range",
                className="range",
                hidden=True,
            ),
            _choice("team", "Team"),
            _choice("priority", "Priority"),
            _choice("category", "Category"),
            html.Span(id="reset"),
            html.Span(id="compared", className="compared"),
        ],
        className="sub report-filters",
        role="group",
        **_extra({"aria-label": "Filters"}),
    )


def _day(name: str, label: str) -> Component:
    # Dash passes any type on to the element; the browser's own date field saves a picker of 100 KB.
    field = dcc.Input(id=name, type="date")  # type: ignore[arg-type]  # missing from its list of types
    return html.Label([html.Span(label, className="vh"), field], htmlFor=name)


def _choice(name: str, label: str) -> Component:
    return html.Details(
        [
            html.Summary(
                [
                    html.Span(label, className="chip-field"),
                    html.Span("All", id=f"{name}-said", className="chip-value"),
                ],
                className="report-chip",
            ),
            html.Div(
                id=f"{name}-options", className="chip-panel", role="group", **_extra({"aria-label": label})
            ),
        ],
        className="report-choice",
    )


def _cards() -> list[Component]:
    return [
        _card("daily", "Created vs solved", "tickets a day", legend=True),
        _card("priority", "By priority", "created"),
        _card("backlog", "Backlog", "unsolved, by replay"),
        _card("category", "By category", "created, the largest"),
        _agents(),
        _card("team", "By team", "the largest", legend=True, always=True),
    ]


def _card(name: str, title: str, note: str, *, legend: bool = False, always: bool = False) -> Component:
    keys = [
        html.Span([html.I(className="key-line key-created"), "Created"]),
        html.Span([html.I(className="key-line key-solved"), "Solved"]),
    ]
    return html.Section(
        [
            html.Div(
                [html.H2(title, id=f"title-{name}"), html.Span(note, id=f"note-{name}", className="meta")],
                className="chart-head",
            ),
            html.Div(graph(name), className=f"chart-box box-{name}", **_extra({"aria-hidden": "true"})),
            html.Div(keys, className="legend" + (" always" if always else "")) if legend else None,
            _as_table(name, "Show as table", f"{title}, as a table"),
        ],
        className=f"card chart-card card-{name}",
        **_extra({"aria-labelledby": f"title-{name}"}),
    )


def _agents() -> Component:
    return html.Section(
        [
            html.Div(
                [html.H2("Agents", id="title-agents"), html.Span("most solved", className="meta")],
                className="chart-head",
            ),
            html.Div(className="table-box agents-box", **_extra({"data-table": "agents"})),
            _as_table("agent", "Show all agents", "All agents, as a table"),
        ],
        className="card chart-card card-agents",
        **_extra({"aria-labelledby": "title-agents"}),
    )


def _as_table(name: str, label: str, spoken: str) -> Component:
    return html.Details(
        [
            html.Summary(label, className="table-toggle"),
            html.Div(
                className="table-box",
                tabIndex=0,
                role="region",
                **_extra({"data-table": name, "aria-label": spoken}),
            ),
        ],
        className="as-table",
    )
