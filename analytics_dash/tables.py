"""The charts' numbers as tables, for screen readers, keyboards and exact reading.

A table is {"head": [text], "rows": [[cell]], "keys": [[number]]}; a cell is a text or [text, URL of its tickets].
"keys" are what the columns after the first are sorted by, null for nothing; the first column is sorted by its text or,
where "ordered" is set, as the rows come. "sorted" is the column that the rows come sorted by, the largest first.
Rows after "keys" ends stay last. The browser renders a table when somebody opens it, so that a closed one costs
nothing, and sorts it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from analytics_dash import formatting
from analytics_dash.buckets import Bucket
from analytics_dash.links import Dimension, Links
from analytics_dash.ports import Avatar
from services.reporting import Measure, Row

Cell = str | list[str]
MOST_ROWS = 100
Table = dict[str, Any]


def cell(text: str, link: str | None) -> Cell:
    """Build a cell, as a link if there are tickets to open."""
    return [text, link] if link else text


def daily(unit: str, columns: Mapping[str, tuple[Sequence[Bucket], Sequence[str | None]]]) -> Table:
    """Build rows of days (or weeks, months) from series, newest first."""
    buckets = next(iter(columns.values()))[0]
    rows: list[list[Cell]] = [
        [
            _when(unit, bucket),
            *(
                cell(formatting.count(series[index].value), links[index])
                for series, links in columns.values()
            ),
        ]
        for index, bucket in enumerate(buckets)
    ]
    keys = [[series[index].value for series, _ in columns.values()] for index in range(len(buckets))]
    return {
        "head": [unit.capitalize(), *columns],
        "rows": rows[::-1],
        "keys": keys[::-1],
        "sorted": 0,
        "ordered": True,
    }


def groups(
    title: str,
    rows: Sequence[Row],
    name: Callable[[str | None], str],
    dimension: Dimension,
    links: Links,
    *,
    largest: Literal["created", "solved", "backlog"] | None = "created",
) -> Table:
    """Build a breakdown with every figure of its groups; rows beyond a hundred are summed up.

    `largest` names what the rows come sorted by; None: by their first column.
    """
    table: Table = {
        "head": [title, "Created", "Solved", "Unsolved at end", "First response", "Full resolution"],
        "keys": [
            [row.created, row.solved, row.backlog, row.median_first_response, row.median_full_resolution]
            for row in rows[:MOST_ROWS]
        ],
        "sorted": ("created", "solved", "backlog").index(largest) + 1 if largest else 0,
        "ordered": largest is None,
        "rows": [
            [
                name(row.key),
                cell(
                    formatting.count(row.created),
                    links.of_group(Measure.CREATED, dimension, row.key) if row.created else None,
                ),
                cell(
                    formatting.count(row.solved),
                    links.of_group(Measure.SOLVED, dimension, row.key) if row.solved else None,
                ),
                cell(
                    formatting.count(row.backlog),
                    links.of_group(Measure.UNSOLVED, dimension, row.key) if row.backlog else None,
                ),
                formatting.duration(row.median_first_response),
                formatting.duration(row.median_full_resolution),
            ]
            for row in rows[:MOST_ROWS]
        ],
    }
    if rest := rows[MOST_ROWS:]:
        sums = [
            sum(row.created for row in rest),
            sum(row.solved for row in rest),
            sum(row.backlog for row in rest),
        ]
        table["rows"].append(
            [f"{len(rest)} more", *map(formatting.count, sums), formatting.DASH, formatting.DASH]
        )
    return table


def agents(rows: Sequence[Row], names: Mapping[str, str], avatar: Avatar, most: int) -> Table:
    """Build the short table of the agents, for the page itself: the first rows of the table `agent`.

    `people` are the initials and the hue of each of its rows, null for one that is nobody.
    """
    return {
        "of": "agent",
        "head": ["Agent", "Solved", "Open", "Median FR"],
        "columns": [0, 2, 3, 4],
        "most": most,
        "people": [None if row.key is None else avatar(row.key, names.get(row.key, row.key)) for row in rows],
    }


def _when(unit: str, bucket: Bucket) -> str:
    if unit == "month":
        return f"{bucket.start:%b} {bucket.start.year}"
    if bucket.start == bucket.end:
        return formatting.full_day(bucket.start)
    return f"{formatting.day(bucket.start)} {formatting.DASH} {formatting.full_day(bucket.end)}"
