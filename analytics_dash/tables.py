"""The charts' numbers as tables, for screen readers, keyboards and exact reading.

A table is {"head": [text], "rows": [[cell]]}; a cell is a text, [text, URL of its tickets] or, for a
person, {"name", "initials", "hue"}; "sorted" is the index of the column it is sorted by, largest first.
The browser renders a table when somebody opens it, so that a closed one costs nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from analytics_dash import formatting
from analytics_dash.buckets import Bucket
from analytics_dash.links import Dimension, Links
from analytics_dash.ports import Avatar
from services.reporting import Measure, Row

Cell = str | list[str] | dict[str, Any]
MOST_ROWS = 100
Table = dict[str, Any]


def cell(text: str, link: str | None) -> Cell:
    """Build a cell, as a link if there are tickets to open."""
    return [text, link] if link else text


def daily(unit: str, columns: Mapping[str, tuple[Sequence[Bucket], Sequence[str | None]]]) -> Table:
    """Build rows of days (or weeks, months) from series, newest first."""
    buckets = next(iter(columns.values()))[0]
    rows = [
        [_when(unit, bucket)]
        + [cell(formatting.count(series[index].value), links[index]) for series, links in columns.values()]
        for index, bucket in enumerate(buckets)
    ]
    return {"head": [unit.capitalize(), *columns], "rows": rows[::-1]}


def groups(
    title: str, rows: Sequence[Row], name: Callable[[str | None], str], dimension: Dimension, links: Links
) -> Table:
    """Build a breakdown with every figure of its groups; rows beyond a hundred are summed up."""
    table: Table = {
        "head": [title, "Created", "Solved", "Backlog", "First response", "Full resolution"],
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


def agents(rows: Sequence[Row], names: Mapping[str, str], links: Links, avatar: Avatar, most: int) -> Table:
    """Build the short table of the agents who solved most, for the page itself."""
    best = sorted(((row.key, row) for row in rows if row.key is not None), key=lambda pair: -pair[1].solved)[
        :most
    ]
    return {
        "head": ["Agent", "Solved", "Open", "Median FR"],
        "sorted": 1,
        "rows": [
            [
                _person(key, names.get(key, key), avatar),
                cell(
                    formatting.count(row.solved),
                    links.of_group(Measure.SOLVED, "assignee", key) if row.solved else None,
                ),
                cell(
                    formatting.count(row.backlog),
                    links.of_group(Measure.UNSOLVED, "assignee", key) if row.backlog else None,
                ),
                formatting.duration(row.median_first_response),
            ]
            for key, row in best
        ],
    }


def _person(key: str, name: str, avatar: Avatar) -> Cell:
    initials, hue = avatar(key, name)
    return {"name": name, "initials": initials, "hue": hue}


def _when(unit: str, bucket: Bucket) -> str:
    if unit == "month":
        return f"{bucket.start:%b} {bucket.start.year}"
    if bucket.start == bucket.end:
        return formatting.full_day(bucket.start)
    return f"{formatting.day(bucket.start)} {formatting.DASH} {formatting.full_day(bucket.end)}"
