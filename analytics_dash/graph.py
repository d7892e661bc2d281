"""The only place that creates chart components."""

from dash import dcc

# Plotly's own defaults show a button that uploads the chart to a cloud; no chart of ours may have it.
CONFIG: dcc.Graph.Config = {
    "showSendToCloud": False,
    "displaylogo": False,
    "displayModeBar": False,
    "responsive": True,
    "scrollZoom": False,
    "doubleClick": False,
    "showTips": False,
}


def graph(name: str) -> dcc.Graph:
    """Create the chart `graph-<name>`; its figure comes with the payload, its size from the stylesheet."""
    return dcc.Graph(
        id=f"graph-{name}",
        figure={"data": [], "layout": {"xaxis": {"visible": False}, "yaxis": {"visible": False}}},
        config=CONFIG,
        responsive=True,
        className=f"chart chart-{name}",
    )
