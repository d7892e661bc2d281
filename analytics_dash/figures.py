"""Draw charts as plain dicts: pure functions from numbers to Plotly figures, without graph_objects."""

from collections.abc import Sequence
from datetime import date
from math import ceil, floor, log10
from typing import Any

from analytics_dash import words
from analytics_dash.buckets import Bucket
from analytics_dash.palette import CLEAR, FONT, WHITE, token

Figure = dict[str, Any]
Mark = tuple[float, str | None]  # a value and the address of its tickets

DIRECT_LABEL = "direct"  # annotations of this name give way to the legend on narrow screens
CLOSEST_LABELS = 0.075  # of the chart's height: nearer labels would overlap
HINT = {True: "<br>Click to open", False: ""}


def created_solved(
    created: Sequence[Bucket], solved: Sequence[Bucket], links: Sequence[list[str | None]]
) -> Figure:
    """Draw created (solid) against solved (dashed); `links` holds the addresses of both series."""
    first = _line("Created", created, "series-1", links[0])
    first |= {"fill": "tozeroy", "fillcolor": token("series-1", 0.07)}
    second = _line("Solved", solved, "series-3", links[1])
    second["line"]["dash"] = "5px,3px"
    layout = _layout(right=76)
    layout["xaxis"] = _days(created)
    layout["yaxis"] = _counts([bucket.value for bucket in [*created, *solved]])
    layout["annotations"] = _direct_labels({"Created": created, "Solved": solved})
    return {"data": [first, second], "layout": layout}


def backlog(levels: Sequence[Bucket], links: list[str | None]) -> Figure:
    """Draw the backlog as an area from zero, its last value marked and written."""
    trace = _line("Unsolved", levels, "series-1", links)
    trace |= {"fill": "tozeroy", "fillcolor": token("series-1", 0.12)}
    trace["hovertemplate"] = "%{x|%-d %b %Y}: <b>%{y:,}</b> unsolved%{text}<extra></extra>"
    trace["text"] = ["<br>Click for those still open" if link else "" for link in links]
    layout = _layout(right=22, top=30)
    layout["xaxis"] = _days(levels)
    layout["yaxis"] = _counts([bucket.value for bucket in levels])
    if levels:
        layout["annotations"] = [_last_value(levels[-1])]
    return {"data": [trace, *_end_point(levels)], "layout": layout}


def bars(names: Sequence[str], marks: Sequence[Mark]) -> Figure:
    """Draw one horizontal bar per group, the largest first as given, with its value behind it."""
    trace = _bar("", names, marks, "series-1")
    trace["hovertemplate"] = "%{y}: <b>%{x:,}</b>%{hovertext}<extra></extra>"
    return {"data": [trace], "layout": _bar_layout([value for value, _ in marks])}


def paired_bars(names: Sequence[str], created: Sequence[Mark], solved: Sequence[Mark]) -> Figure:
    """Draw two horizontal bars per group: created and, in another colour, solved."""
    traces = [_bar("Created", names, created, "series-1"), _bar("Solved", names, solved, "series-3")]
    layout = _bar_layout([value for value, _ in [*created, *solved]])
    layout |= {"barmode": "group", "bargap": 0.32, "bargroupgap": 0.1}
    return {"data": traces, "layout": layout}


def nice_step(least: float) -> int:
    """Round a step up to 1, 2 or 5 times a power of ten, never below 1."""
    power = 10 ** max(floor(log10(max(least, 1))), 0)
    return next(int(factor * power) for factor in (1, 2, 5, 10) if factor * power >= least)


def _line(name: str, buckets: Sequence[Bucket], colour: str, links: list[str | None]) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": [bucket.start.isoformat() for bucket in buckets],
        "y": [bucket.value for bucket in buckets],
        "customdata": links,
        "text": [HINT[link is not None] for link in links],
        "line": {"color": token(colour), "width": 2},
        "hovertemplate": name + ", %{x|%-d %b %Y}: <b>%{y:,}</b>%{text}<extra></extra>",
    }


def _bar(name: str, names: Sequence[str], marks: Sequence[Mark], colour: str) -> Figure:
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "y": list(names),
        "x": [value for value, _ in marks],
        "customdata": [link for _, link in marks],
        "text": [words.count(value) for value, _ in marks],
        "textposition": "outside",
        "textangle": 0,
        "constraintext": "none",
        "textfont": {"color": token("text"), "size": 12},
        "cliponaxis": False,
        "marker": {"color": token(colour), "cornerradius": 3},
        "hovertext": [HINT[link is not None] for _, link in marks],
        "hovertemplate": name + ", %{y}: <b>%{x:,}</b>%{hovertext}<extra></extra>",
    }


def _layout(*, right: int, top: int = 8, left: int = 44) -> Figure:
    return {
        "autosize": True,
        "margin": {"l": left, "r": right, "t": top, "b": 30, "pad": 0},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "font": {"family": FONT, "size": 12, "color": token("text-2")},
        "showlegend": False,
        "hovermode": "closest",
        "hoverdistance": 40,
        "dragmode": False,
        "hoverlabel": {
            "bgcolor": token("bar"),
            "bordercolor": CLEAR,
            "font": {"family": FONT, "size": 12, "color": WHITE},
            "align": "left",
        },
        "separators": ".,",
    }


def _bar_layout(values: Sequence[float]) -> Figure:
    layout = _layout(right=8, top=0, left=8)
    layout["margin"]["b"] = 4
    # Room behind the longest bar for its number: 18 % holds "12,345" at 390 px.
    layout["xaxis"] = {"visible": False, "fixedrange": True, "range": [0, max([*values, 1]) * 1.18]}
    layout["yaxis"] = {
        "autorange": "reversed",
        "automargin": True,
        "fixedrange": True,
        "ticks": "",
        "ticklabelstandoff": 8,
        "showgrid": False,
        "zeroline": False,
        "tickfont": {"color": token("text"), "size": 12},
    }
    layout["bargap"] = 0.6
    return layout


def _days(buckets: Sequence[Bucket]) -> Figure:
    axis: Figure = {
        "type": "date",
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
        "tickformat": "%-d %b",
        "ticklabelstandoff": 8,
        "nticks": 6,
        "tickfont": {"color": token("text-3"), "size": 11},
    }
    if buckets:
        first, last = buckets[0].start, buckets[-1].start
        axis["range"] = [first.isoformat(), last.isoformat()]
        if (last - first).days > 330:
            axis["tickformat"] = "%b %Y"
        elif (last - first).days < 8:
            axis["dtick"] = 86_400_000
    return axis


def _counts(values: Sequence[float]) -> Figure:
    """Make a count axis from zero to the first round number above the values, with four or five lines."""
    most = max([*values, 4])
    step = nice_step(most / 4)
    return {
        "range": [0, ceil(most / step) * step * 1.004],  # a line exactly on the edge is not drawn
        "tick0": 0,
        "dtick": step,
        "fixedrange": True,
        "gridcolor": token("line"),
        "zerolinecolor": token("line"),
        "zerolinewidth": 1,
        "ticks": "",
        "tickformat": ",d",
        "ticklabelstandoff": 6,
        "tickfont": {"color": token("text-3"), "size": 11},
    }


def _direct_labels(series: dict[str, Sequence[Bucket]]) -> list[Figure]:
    """Write each series' name at its last point, moved apart where the points are close."""
    ends = sorted(
        ((buckets[-1].value, buckets[-1].start, name) for name, buckets in series.items() if buckets),
        reverse=True,
    )
    top = max((bucket.value for buckets in series.values() for bucket in buckets), default=0) or 1
    near = len(ends) == 2 and abs(ends[0][0] - ends[1][0]) / top < CLOSEST_LABELS
    return [
        {
            "name": DIRECT_LABEL,
            "text": f"<b>{name}</b>",
            "x": _text(day),
            "y": value,
            "xanchor": "left",
            "xshift": 8,
            "yshift": (8 if index == 0 else -8) if near else 0,
            "showarrow": False,
            "font": {"size": 11, "color": token("text")},
        }
        for index, (value, day, name) in enumerate(ends)
    ]


def _last_value(last: Bucket) -> Figure:
    return {
        "text": f"<b>{words.day(last.end)}: {words.count(last.value)}</b>",
        "x": _text(last.start),
        "y": last.value,
        "xanchor": "right",
        "yanchor": "bottom",
        "yshift": 8,
        "showarrow": False,
        "bgcolor": token("bar"),
        "borderpad": 4,
        "font": {"size": 11, "color": WHITE},
    }


def _end_point(levels: Sequence[Bucket]) -> list[Figure]:
    if not levels:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [_text(levels[-1].start)],
            "y": [levels[-1].value],
            "cliponaxis": False,
            "hoverinfo": "skip",
            "marker": {
                "size": 9,
                "color": token("surface"),
                "line": {"color": token("series-1"), "width": 2},
            },
        }
    ]


def _text(day: date) -> str:
    return day.isoformat()
