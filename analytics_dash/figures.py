"""Builds charts as plain dicts: pure functions from numbers to Plotly figures, without graph_objects."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from analytics_dash import axes, formatting
from analytics_dash.axes import Figure
from analytics_dash.buckets import Bucket
from analytics_dash.palette import FONT, token
from analytics_dash.query import LONGEST_DAYS

Mark = tuple[float, str | None]  # a value and the URL of its tickets

DIRECT_LABEL = "direct"  # annotations of this name are replaced by the legend on narrow screens
CLOSEST_LABELS = 0.075  # of the chart's height: nearer labels would overlap
HINT = {True: "<br>Click to open", False: ""}
FEWEST_BARS = 4
AHEAD = 0.07  # of the period: the shaded time to come


def created_solved(
    created: Sequence[Bucket], solved: Sequence[Bucket], links: Sequence[list[str | None]]
) -> Figure:
    """Draw created (solid) against solved (dashed); `links` holds the URLs of both series."""
    first = _line("Created", created, "series-1", links[0])
    first |= {"fill": "tozeroy", "fillcolor": token("series-1", 0.07)}
    second = _line("Solved", solved, "series-3", links[1])
    second["line"]["dash"] = "5px,3px"
    scale = axes.counts([bucket.value for bucket in [*created, *solved]])
    layout = axes.frame(left=axes.room(scale), right=70)
    layout |= {"xaxis": axes.days(created), "dragmode": "zoom"}
    layout["yaxis"] = scale
    layout["annotations"] = _direct_labels({"Created": created, "Solved": solved})
    return {"data": [first, second], "layout": layout}


def backlog(levels: Sequence[Bucket], links: list[str | None], *, now: bool) -> Figure:
    """Draw the backlog as a line on its own scale, with its last value at the border to the future.

    `now` says that the period has not ended yet.
    """
    trace = _line("Unsolved", levels, "series-1", links)
    trace["hovertemplate"] = "%{x|%-d %b %Y}: <b>%{y:,}</b> unsolved%{text}<extra></extra>"
    trace["text"] = [HINT[link is not None] for link in links]
    scale = axes.levels([bucket.value for bucket in levels])
    layout = axes.frame(left=axes.room(scale), right=14, top=24)
    layout |= {"xaxis": axes.days(levels), "dragmode": "zoom"}
    layout["yaxis"] = scale
    if levels:
        last = levels[-1]
        as_of = "now" if now else formatting.day(last.end)
        layout["annotations"] = [_moment(last, f"As of {as_of}: {formatting.count(last.value)}")]
        layout["shapes"] = _ending(last)
        layout["xaxis"]["range"] = _with_room(levels[0].start, last.start)
    return {"data": [trace, *_end_point(levels)], "layout": layout}


def bars(names: Sequence[str], marks: Sequence[Mark], *, counted: str = "created") -> Figure:
    """Draw one horizontal bar per group in the given order, with its value after it; `counted` names the value."""
    trace = _bar(names, marks, counted)
    layout = _bar_layout(len(names), [value for value, _ in marks])
    layout["bargap"] = 0.6
    return {"data": [trace], "layout": layout}


def _line(name: str, buckets: Sequence[Bucket], colour: str, links: list[str | None]) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines" if len(buckets) > 1 else "markers",  # a single day has no line
        "name": name,
        "x": [bucket.start.isoformat() for bucket in buckets],
        "y": [bucket.value for bucket in buckets],
        "customdata": links,
        "text": [HINT[link is not None] for link in links],
        "line": {"color": token(colour), "width": 2},
        "marker": {"color": token(colour), "size": 8},
        "hovertemplate": name + ", %{x|%-d %b %Y}: <b>%{y:,}</b>%{text}<extra></extra>",
    }


def _bar(names: Sequence[str], marks: Sequence[Mark], counted: str) -> Figure:
    return {
        "type": "bar",
        "orientation": "h",
        "name": "",
        "y": list(names),
        "x": [value for value, _ in marks],
        "customdata": [link for _, link in marks],
        "text": [formatting.count(value) for value, _ in marks],
        "textposition": "outside",
        "textangle": 0,
        "constraintext": "none",
        "textfont": {"family": FONT, "color": token("text"), "size": 12, "weight": 600},
        "cliponaxis": False,
        "marker": {"color": token("series-1"), "cornerradius": 2},
        "hovertext": [HINT[link is not None] for _, link in marks],
        "hovertemplate": f"%{{y}}: <b>%{{x:,}}</b> {counted}%{{hovertext}}<extra></extra>",
    }


def _bar_layout(count: int, values: Sequence[float]) -> Figure:
    layout = axes.frame(left=0, right=8, top=0, bottom=4)
    # Room behind the longest bar for its number: 18 % holds "12,345" at 390 px.
    layout["xaxis"] = {"visible": False, "fixedrange": True, "range": [0, max([*values, 1]) * 1.18]}
    layout["yaxis"] = {
        "range": [max(count, FEWEST_BARS) - 0.5, -0.5],  # the first on top, and few bars no thicker
        "automargin": True,
        "fixedrange": True,
        "ticks": "",
        "ticklabelstandoff": 8,
        "showgrid": False,
        "zeroline": False,
        "tickfont": {"color": token("text"), "size": 12},
    }
    return layout


def _direct_labels(series: dict[str, Sequence[Bucket]]) -> list[Figure]:
    """Write each series' name at its last point, moved apart where the points are close."""
    ends = sorted(
        ((buckets[-1].value, buckets[-1].start, name) for name, buckets in series.items() if buckets),
        reverse=True,
    )
    top = max((bucket.value for buckets in series.values() for bucket in buckets), default=0) or 1
    near = len(ends) == 2 and abs(ends[0][0] - ends[1][0]) / top < CLOSEST_LABELS
    # At the bottom both move up, so that neither covers the days.
    lowest = 0 if ends and ends[-1][0] / top < CLOSEST_LABELS else -8
    return [
        {
            "name": DIRECT_LABEL,
            "text": name,
            "x": day.isoformat(),
            "y": value,
            "xanchor": "left",
            "xshift": 7,
            "yshift": (lowest + 16 if index == 0 else lowest) if near else 0,
            "showarrow": False,
            "font": {"size": 11, "weight": 600, "color": token("text")},
        }
        for index, (value, day, name) in enumerate(ends)
    ]


def _moment(last: Bucket, text: str) -> Figure:
    return {
        "text": text,
        "x": last.start.isoformat(),
        "y": 1,
        "yref": "paper",
        "xanchor": "right",
        "yanchor": "bottom",
        "xshift": 5,
        "showarrow": False,
        "bgcolor": token("ink"),
        "borderpad": 4,
        "font": {"size": 11, "weight": 600, "color": token("on-ink")},
    }


def _ending(last: Bucket) -> list[Figure]:
    """Draw a line at the last value and shade the future."""
    day, later = last.start.isoformat(), (last.start + timedelta(days=LONGEST_DAYS)).isoformat()
    whole = {"yref": "paper", "y0": 0, "y1": 1, "x0": day}
    shade = {"layer": "below", "line": {"width": 0}, "fillcolor": token("hover")}
    return [
        {"type": "rect", **whole, "x1": later, **shade},
        {"type": "line", **whole, "x1": day, "line": {"color": token("text-2"), "width": 1.5}},
    ]


def _with_room(first: date, last: date) -> list[str]:
    """Return a range that ends a little after the last day, also for a single day."""
    first = min(first, last - timedelta(days=1))
    return [first.isoformat(), (datetime.combine(last, time()) + (last - first) * AHEAD).isoformat()]


def _end_point(levels: Sequence[Bucket]) -> list[Figure]:
    if not levels:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [levels[-1].start.isoformat()],
            "y": [levels[-1].value],
            "cliponaxis": False,
            "hoverinfo": "skip",
            "marker": {
                "size": 8,
                "color": token("surface"),
                "line": {"color": token("series-1"), "width": 2},
            },
        }
    ]
