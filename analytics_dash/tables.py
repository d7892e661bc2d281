"""The same numbers as tables: what a screen reader, a keyboard and a careful eye use instead of a chart.

A table is {"head": [text], "rows": [[cell]]}; a cell is a text or [text, address of its tickets]. The
browser writes it when somebody opens it, so that a closed table costs nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from analytics_dash import words
from analytics_dash.buckets import Bucket
from analytics_dash.links import Dimension, Links
from services.reporting import Row

Cell = str | list[str]
Table = dict[str, Any]


def cell(text: str, link: str | None) -> Cell:
    """Write a cell, as a link where there are tickets to open."""
    return [text, link] if link else text


def daily(unit: str, columns: Mapping[str, tuple[Sequence[Bucket], Sequence[str | None]]]) -> Table:
    """Write series as rows of days (or weeks, months), the newest first."""
    buckets = next(iter(columns.values()))[0]
    rows = [
        [_when(unit, bucket)]
        + [cell(words.count(series[index].value), links[index]) for series, links in columns.values()]
        for index, bucket in enumerate(buckets)
    ]
    return {"head": [unit.capitalize(), *columns], "rows": rows[::-1]}


def groups(title: str, rows: Sequence[Row], name: Callable[[str | None], str], dimension: Dimension, links: Links) -> Table:
    """Write a breakdown with every figure of its groups."""
    return {
        "head": [title, "Created", "Solved", "Backlog", "First response", "Full resolution"],
        "rows": [
            [
                name(row.key),
                cell(words.count(row.created), links.created_of(dimension, row.key) if row.created else None),
                cell(words.count(row.solved), links.solved_of(dimension, row.key) if row.solved else None),
                cell(words.count(row.backlog), links.open_of(dimension, row.key) if row.backlog else None),
                words.duration(row.median_first_response),
                words.duration(row.median_full_resolution),
            ]
            for row in rows
        ],
    }


def agents(rows: Sequence[Row], name: Callable[[str | None], str], links: Links, most: int) -> Table:
    """Write the agents who solved most, briefly, for the page itself."""
    best = sorted((row for row in rows if row.key is not None), key=lambda row: -row.solved)[:most]
    return {
        "head": ["Agent", "Solved", "Open", "Median FR"],
        "rows": [
            [
                name(row.key),
                cell(words.count(row.solved), links.solved_of("assignee", row.key) if row.solved else None),
                cell(words.count(row.backlog), links.open_of("assignee", row.key) if row.backlog else None),
                words.duration(row.median_first_response),
            ]
            for row in best
        ],
    }


def _when(unit: str, bucket: Bucket) -> str:
    if unit == "month":
        return f"{bucket.start:%b} {bucket.start.year}"
    if bucket.start == bucket.end:
        return words.full_day(bucket.start)
    return f"{words.day(bucket.start)} {words.NOTHING} {words.full_day(bucket.end)}"
