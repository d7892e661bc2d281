"""The page's fixed frame: filters, places for figures and charts; it holds no data and touches no service."""

from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from analytics_dash.charts import CHARTS, Chart
from analytics_dash.elements import html as element
from analytics_dash.elements import icon
from analytics_dash.graph import graph
from analytics_dash.query import PERIODS
from analytics_dash.tiles import TILES

FIRST_CARDS = 3  # charts before the heatmap of arrivals and the agents
REFRESH_MS = 60_000


def page(zone: str) -> Component:
    """Build the layout of the service overview, whose hours are those of a time zone."""
    return html.Div(
        [
            dcc.Location(id="url", refresh=False),
            dcc.Interval(id="beat", interval=REFRESH_MS),
            dcc.Store(id="refresh"),
            dcc.Store(id="theme"),
            dcc.Store(id="payload"),
            dcc.Store(id="bar"),
            _filters(),
            html.Div(
                [
                    html.Div(id="problem", className="notice warn problem", hidden=True, role="status"),
                    html.Div(
                        "The figures cannot be updated right now. You see the previous ones; "
                        "the page tries again within a minute.",
                        id="unreachable",
                        className="notice bad problem",
                        hidden=True,
                        role="alert",
                    ),
                    html.P(id="covered", className="covered", hidden=True),
                    _no_team(),
                    html.Section(
                        [html.Div(className="tile") for _ in TILES],
                        id="tiles",
                        className="card tiles report-tiles",
                        **_extra({"aria-label": "Key figures"}),
                    ),
                    html.Div(_cards(zone), id="cards", className="report-grid"),
                ],
                className="report-body",
            ),
        ],
        className="report",
    )


def _extra(props: dict[str, str]) -> dict[str, Any]:
    """Pass aria- and data- properties, which the component signatures do not list."""
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
            html.Div(id="range", className="range", hidden=True),
            _choice("team", "Team"),
            _choice("priority", "Priority"),
            _choice("category", "Category"),
            html.Span(id="reset"),
            html.Span(id="compared", className="compared"),
        ],
        id="report-filters",
        className="sub report-filters",
        role="group",
        **_extra({"aria-label": "Filters"}),
    )


def _no_team() -> Component:
    return html.Div(
        [
            html.H2("You are in no team."),
            html.P("Your role shows the figures of your own teams. An administrator can add you to one."),
        ],
        id="no-team",
        className="empty",
        hidden=True,
    )


def _choice(name: str, label: str) -> Component:
    """Build a chip that opens a list; the list stays in place while its links are updated."""
    chip = element(
        "Button",
        [
            element("Span", label),
            element("B", "All", id=f"{name}-said"),
            element("Span", icon("chevron-down"), className="chip-more"),
        ],
        className="chip report-chip",
        type="button",
        popovertarget=f"{name}-options",
    )
    options = element(
        "Div",
        id=f"{name}-options",
        className="pop report-choice",
        popover="auto",
        role="group",
        aria_label=label,
    )
    parts: Any = [chip, options]  # plain dicts, which Dash's types do not list
    return html.Div(parts)


def _cards(zone: str) -> list[Component]:
    cards = [_card(name, chart) for name, chart in CHARTS.items()]
    return [*cards[:FIRST_CARDS], _arrivals(zone), _agents(), *cards[FIRST_CARDS:]]


def _card(name: str, chart: Chart) -> Component:
    keys = [
        html.Span([html.I(className="key-line key-created"), "Created"]),
        html.Span([html.I(className="key-line key-solved"), "Solved"]),
    ]
    return _framed(
        name,
        [
            _head(name, chart.title, chart.note),
            html.Div(graph(name), className=f"chart-box box-{name}", **_extra({"aria-hidden": "true"})),
            html.Div(keys, className="legend") if chart.legend else None,
            _as_table(name, f"{chart.title}, as a table"),
        ],
    )


def _arrivals(zone: str) -> Component:
    """Build the card of the heatmap; the browser draws its cells from 168 numbers."""
    scale = html.Span(
        ["0", html.I(), html.Span("0", id="heat-most")],
        className="heat-scale",
        **_extra({"aria-hidden": "true"}),
    )
    return _framed(
        "arrivals",
        [
            _head("arrivals", "Arrivals", f"created, {zone.replace('_', ' ')}", scale),
            html.Div(id="heat", className="heat", **_extra({"aria-hidden": "true"})),
            _as_table("arrivals", "Arrivals by hour and weekday, as a table"),
        ],
    )


def _agents() -> Component:
    return _framed(
        "agents",
        [
            _head("agents", "Agents", "30 days"),
            html.Div(className="table-box agents-box", **_extra({"data-table": "agents"})),
            html.Div(
                _as_table("agent", "All agents, as a table", "all-agents"), id="more-agents", hidden=True
            ),
        ],
    )


def _framed(name: str, parts: list[Component | None]) -> Component:
    return html.Section(
        parts,
        className=f"card chart-card card-{name}",
        **_extra({"aria-labelledby": f"title-{name}"}),
    )


def _head(name: str, title: str, note: str, *more: Component) -> Component:
    parts = [html.H2(title, id=f"title-{name}"), html.Span(note, id=f"note-{name}", className="meta cut")]
    return html.Div([*parts, *more], className="chart-head")


def _as_table(name: str, spoken: str, opener: str | None = None) -> Component:
    """Build a closed table of the same numbers; its toggle is in the card's head."""
    words: dict[str, Any] = {"children": "All", "id": opener} if opener else {"children": "Show as table"}
    return html.Details(
        [
            html.Summary(**words, className="table-toggle"),
            html.Div(
                className="table-box",
                tabIndex=0,
                role="region",
                **_extra({"data-table": name, "aria-label": spoken}),
            ),
        ],
        className="as-table",
    )
