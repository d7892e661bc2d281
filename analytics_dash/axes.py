"""What all charts share: margins, fonts, tooltips, and axes that do not mislead."""

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Any

from analytics_dash import formatting
from analytics_dash.buckets import Bucket
from analytics_dash.palette import CLEAR, FONT, WHITE, token

Figure = dict[str, Any]
AXIS_TEXT = {"color": token("text-3"), "size": 11}
DIGIT = 7  # pixels a digit of an axis takes at most
MOST_SINGLE_DAYS = 8  # so many days have a label each


def frame(*, left: int, right: int, top: int = 8, bottom: int = 24) -> Figure:
    """Build a layout without axes: transparent background, our font, dark tooltip."""
    return {
        "autosize": True,
        "margin": {"l": left, "r": right, "t": top, "b": bottom, "pad": 0},
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


def days(buckets: Sequence[Bucket]) -> Figure:
    """Build an axis of days with a label at both ends and about three in between."""
    axis: Figure = {
        "type": "date",
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
        "ticklabelstandoff": 6,
        "ticklabeloverflow": "allow",
        "tickfont": AXIS_TEXT,
    }
    if buckets:
        first, last = buckets[0].start, buckets[-1].start
        months = (last - first).days > 330
        label_days = [buckets[index].start for index in labelled(len(buckets))]
        if first < last:
            axis["range"] = [first.isoformat(), last.isoformat()]
        axis["tickvals"] = [day.isoformat() for day in label_days]
        axis["ticktext"] = [f"{day:%b %Y}" if months else formatting.day(day) for day in label_days]
    return axis


def labelled(count: int) -> list[int]:
    """Choose which points get a label: all of a few, otherwise at whole weeks if they fit."""
    if count <= MOST_SINGLE_DAYS:
        return list(range(count))
    step = 7 * max(1, round((count - 1) / 28)) if count >= 28 else max(1, round((count - 1) / 4))
    # The last point always has a label, so the one before it must leave room.
    return [*range(0, count - 1 - step // 2, step), count - 1]


def nice_step(least: float) -> int:
    """Round a step up to 1, 2 or 5 times a power of ten, never below 1."""
    power = 10 ** max(floor(log10(max(least, 1))), 0)
    return next(int(factor * power) for factor in (1, 2, 5, 10) if factor * power >= least)


def counts(values: Sequence[float]) -> Figure:
    """Build a count axis from zero to the first round number above the values, with four or five lines."""
    most = max([*values, 4])
    return _scale(0, most, nice_step(most / 4))


def levels(values: Sequence[float]) -> Figure:
    """Build an axis around the values of a line: it need not start at zero, but never goes below."""
    low, high = min(values, default=0), max(values, default=0)
    return _scale(low, max(high, low + 4), nice_step((high - low) / 4))


def room(axis: Figure) -> int:
    """Measure the margin that an axis's longest label needs."""
    return max(10 + DIGIT * len(formatting.count(axis["range"][1])), 26)


def _scale(low: float, high: float, step: int) -> Figure:
    start, end = floor(low / step) * step, ceil(high / step) * step
    return {
        "range": [start, end + (end - start) * 0.004],  # a line exactly on the edge is not drawn
        "tick0": start,
        "dtick": step,
        "fixedrange": True,
        "gridcolor": token("line"),
        "zerolinecolor": token("line"),
        "zerolinewidth": 1,
        "ticks": "",
        "tickformat": ",d",
        "ticklabeloverflow": "allow",
        "ticklabelstandoff": 6,
        "tickfont": AXIS_TEXT,
    }
