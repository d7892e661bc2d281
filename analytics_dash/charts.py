"""The charts of the service overview, each defined once: its card, its figure and its table.

A new chart is a function here, which draws with what `figures` has, and an entry in CHARTS. The page, its callbacks
and the browser follow.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from analytics_dash import buckets, figures, tables
from analytics_dash.axes import Figure
from analytics_dash.links import Dimension, Links
from analytics_dash.query import PRIORITY_NAMES
from services.reporting import Measure, Overview, Row

Names = Mapping[Dimension, Mapping[str, str]]  # what people call a team, an agent ..., by id
Drawn = tuple[Figure, tables.Table]  # a chart and the same numbers as a table

MOST_CATEGORIES = 8
MOST_TEAMS = 10
NOBODY: Mapping[Dimension, str] = {
    "team": "No team",
    "priority": "No priority",
    "category": "No category",
    "assignee": "Unassigned",
}


def namer(names: Mapping[str, str], dimension: Dimension) -> Callable[[str | None], str]:
    """Return what names a group, also the one of tickets that have none."""
    return lambda key: NOBODY[dimension] if key is None else names.get(key, key)


def _daily(overview: Overview, _: Names, links: Links) -> Drawn:
    created, solved = buckets.totals(overview.created), buckets.totals(overview.solved)
    to_created = [links.created(one.start, one.end) if one.value else None for one in created]
    to_solved = [links.solved(one.start, one.end) if one.value else None for one in solved]
    table = tables.daily(
        buckets.unit(len(overview.created.days)),
        {"Created": (created, to_created), "Solved": (solved, to_solved)},
    )
    return figures.created_solved(created, solved, (to_created, to_solved)), table


def _backlog(overview: Overview, _: Names, links: Links) -> Drawn:
    levels = buckets.closings(overview.backlog)
    to_open = [links.unsolved(one.end) if one.value else None for one in levels]
    table = tables.daily(buckets.unit(len(overview.backlog.days)), {"Unsolved": (levels, to_open)})
    return figures.backlog(levels, to_open, now=overview.lasts), table


def _priority(overview: Overview, names: Names, links: Links) -> Drawn:
    order = {key: place for place, key in enumerate(PRIORITY_NAMES)}
    rows = sorted(overview.by_priority, key=lambda row: order.get(row.key or "", len(order)))
    name = namer(names["priority"], "priority")
    figure = figures.bars([name(row.key) for row in rows], _created_marks(rows, "priority", links))
    return figure, tables.groups("Priority", rows, name, "priority", links, largest=None)


def _category(overview: Overview, names: Names, links: Links) -> Drawn:
    rows = _largest(overview.by_category)
    name = namer(names["category"], "category")
    top = rows[:MOST_CATEGORIES]
    figure = figures.bars(_labels(top, name), _created_marks(top, "category", links))
    return figure, tables.groups("Category", rows, name, "category", links)


def _team(overview: Overview, names: Names, links: Links) -> Drawn:
    rows = sorted(overview.by_team, key=lambda row: (-row.backlog, row.key or ""))
    name = namer(names["team"], "team")
    top = [row for row in rows if row.backlog][:MOST_TEAMS]
    marks = [(row.backlog, links.of_group(Measure.UNSOLVED, "team", row.key)) for row in top]
    figure = figures.bars(_labels(top, name), marks, counted="unsolved")
    return figure, tables.groups("Team", rows, name, "team", links, largest="backlog")


def _created_marks(rows: Sequence[Row], dimension: Dimension, links: Links) -> list[figures.Mark]:
    return [
        (row.created, links.of_group(Measure.CREATED, dimension, row.key) if row.created else None)
        for row in rows
    ]


def _largest(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (-row.created, -row.solved, row.key or ""))


def _labels(rows: Sequence[Row], name: Callable[[str | None], str], longest: int = 22) -> list[str]:
    """Shorten and escape names for an axis, all different: equal labels would share one bar."""
    labels: list[str] = []
    for row in rows:
        full = name(row.key)
        short = escape(full if len(full) <= longest else f"{full[: longest - 1].rstrip()}…", quote=False)
        while short in labels:
            short += "\N{ZERO WIDTH SPACE}"
        labels.append(short)
    return labels


@dataclass(frozen=True)
class Chart:
    """One chart: the title and note of its card, how it is drawn, and whether it has a legend on narrow screens.

    The note names what the chart counts: what happened in the period, or how things stood at its end.
    """

    title: str
    note: str
    draw: Callable[[Overview, Names, Links], Drawn]
    legend: bool = False


CHARTS: Mapping[str, Chart] = {
    "daily": Chart("Created vs solved", "tickets a day, first solves", _daily, legend=True),
    "priority": Chart("By priority", "created in the period", _priority),
    "backlog": Chart("Backlog", "unsolved, end of day", _backlog),
    "team": Chart("By team", "unsolved at the end of the period, the largest", _team),
    "category": Chart("By category", "created in the period, the largest", _category),
}
ZOOMED = ("daily", "backlog")  # dragging over their days narrows the period
