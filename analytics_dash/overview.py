"""Compute everything the service overview shows, from an address to numbers, charts and tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from html import escape
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from analytics_dash import buckets, figures, formatting, tables
from analytics_dash.links import Dimension, Links
from analytics_dash.ports import Avatar, GridUrl, Named, Services
from analytics_dash.query import PRIORITY_NAMES, Choice, parse
from services.reporting import Filters, Overview, Row

MOST_CATEGORIES = 8
MOST_TEAMS = 10
MOST_AGENTS = 8
NOBODY: Mapping[Dimension, str] = {
    "team": "No team",
    "priority": "No priority",
    "category": "No category",
    "assignee": "Unassigned",
}


@dataclass(frozen=True)
class Question:
    """What a page was asked for, and the options it offers: (id, name) of every team and category."""

    choice: Choice
    filters: Filters
    today: date
    teams: Sequence[tuple[str, str]]
    categories: Sequence[tuple[str, str]]

    @property
    def compared(self) -> str:
        """Say which equally long period before it the changes are against."""
        before = self.choice.start - timedelta(days=1)
        earlier = formatting.span(before - timedelta(days=self.choice.days - 1), before, today=self.today)
        return f"compared with {earlier}"


@dataclass(frozen=True)
class View:
    """What a page shows: the answer, the addresses behind it and what the browser draws."""

    overview: Overview
    links: Links
    unit: str
    agents: int
    payload: str


def read(services: Services, *, search: object, now: datetime, zone: str) -> Question:
    """Turn an address into a question; whatever it says, there is one."""
    teams, categories = _options(services.catalog.teams()), _options(services.catalog.categories())
    today = now.astimezone(ZoneInfo(zone)).date()
    choice = parse(search, today=today, teams=dict(teams), categories=dict(categories))
    filters = Filters(
        start=choice.start,
        end=choice.end,
        teams=choice.teams,
        priorities=choice.priorities,
        categories=choice.categories,
        zone=zone,
    )
    return Question(choice, filters, today, teams, categories)


def show(
    services: Services, question: Question, *, now: datetime, actor: Any, grid_url: GridUrl, avatar: Avatar
) -> View:
    """Ask the services once and draw; raises what DashboardService raises."""
    overview = services.reporting.dashboards.overview(filters=question.filters, now=now, actor=actor)
    people = services.users.accounts.names([row.key for row in overview.by_agent if row.key is not None])
    names: Mapping[Dimension, Mapping[str, str]] = {
        "team": dict(question.teams),
        "category": dict(question.categories),
        "priority": PRIORITY_NAMES,
        "assignee": people,
    }
    links = Links(grid_url, question.filters)
    return View(
        overview=overview,
        links=links,
        unit=buckets.unit(len(overview.created.days)),
        agents=sum(row.key is not None for row in overview.by_agent),
        payload=_payload(overview, names, links, avatar),
    )


def _options(named: Sequence[Named]) -> list[tuple[str, str]]:
    return sorted(((one.id, one.name) for one in named), key=lambda pair: pair[1].casefold())


def _payload(
    overview: Overview, names: Mapping[Dimension, Mapping[str, str]], links: Links, avatar: Avatar
) -> str:
    """Write what the browser draws as JSON: figures, their tables, sparklines and the age of the data.

    As one text, because Dash would walk every number of it once more.
    """
    parts = {
        "daily": _daily(overview, links),
        "backlog": _backlog(overview, links),
        "priority": _priority(overview, names, links),
        "category": _category(overview, names, links),
        "team": _team(overview, names, links),
    }
    agent_name = _namer(names["assignee"], "assignee")
    listed = {name: table for name, (_, table) in parts.items()}
    listed["agents"] = tables.agents(overview.by_agent, names["assignee"], links, avatar, MOST_AGENTS)
    listed["agent"] = tables.groups(
        "Agent", sorted(overview.by_agent, key=lambda row: -row.solved), agent_name, "assignee", links
    )
    drawn = {
        "figures": {name: figure for name, (figure, _) in parts.items()},
        "tables": listed,
        "heat": overview.arrivals,
        "sparks": {
            "created": _spark(overview.created.values),
            "solved": _spark(overview.solved.values),
            "backlog": _spark(overview.backlog.values),
        },
        "age": round(overview.data_age, 1),
    }
    return orjson.dumps(drawn).decode()


def _daily(overview: Overview, links: Links) -> tuple[figures.Figure, tables.Table]:
    created, solved = buckets.totals(overview.created), buckets.totals(overview.solved)
    to_created = [links.created(one.start, one.end) if one.value else None for one in created]
    to_solved = [links.solved(one.start, one.end) if one.value else None for one in solved]
    table = tables.daily(
        buckets.unit(len(overview.created.days)),
        {"Created": (created, to_created), "Solved": (solved, to_solved)},
    )
    return figures.created_solved(created, solved, (to_created, to_solved)), table


def _backlog(overview: Overview, links: Links) -> tuple[figures.Figure, tables.Table]:
    levels = buckets.closings(overview.backlog)
    to_open = [links.still_open(one.end) if one.value else None for one in levels]
    table = tables.daily(buckets.unit(len(overview.backlog.days)), {"Unsolved": (levels, to_open)})
    return figures.backlog(levels, to_open, now=overview.lasts), table


def _priority(
    overview: Overview, names: Mapping[Dimension, Mapping[str, str]], links: Links
) -> tuple[figures.Figure, tables.Table]:
    order = {key: place for place, key in enumerate(PRIORITY_NAMES)}
    rows = sorted(overview.by_priority, key=lambda row: order.get(row.key or "", len(order)))
    name = _namer(names["priority"], "priority")
    notes = [
        f"{formatting.count(row.solved)} solved, {formatting.count(row.backlog)} unsolved" for row in rows
    ]
    marks = _created_marks(rows, "priority", links)
    figure = figures.bars([name(row.key) for row in rows], marks, notes)
    return figure, tables.groups("Priority", rows, name, "priority", links)


def _category(
    overview: Overview, names: Mapping[Dimension, Mapping[str, str]], links: Links
) -> tuple[figures.Figure, tables.Table]:
    rows = _largest(overview.by_category)
    name = _namer(names["category"], "category")
    top = rows[:MOST_CATEGORIES]
    figure = figures.bars(_labels(top, name), _created_marks(top, "category", links))
    return figure, tables.groups("Category", rows, name, "category", links)


def _team(
    overview: Overview, names: Mapping[Dimension, Mapping[str, str]], links: Links
) -> tuple[figures.Figure, tables.Table]:
    rows = _largest(overview.by_team)
    name = _namer(names["team"], "team")
    top = rows[:MOST_TEAMS]
    solved = [(row.solved, links.solved_of("team", row.key) if row.solved else None) for row in top]
    figure = figures.paired_bars(_labels(top, name), _created_marks(top, "team", links), solved)
    return figure, tables.groups("Team", rows, name, "team", links)


def _created_marks(rows: Sequence[Row], dimension: Dimension, links: Links) -> list[figures.Mark]:
    return [(row.created, links.created_of(dimension, row.key) if row.created else None) for row in rows]


def _largest(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (-row.created, -row.solved, row.key or ""))


def _namer(names: Mapping[str, str], dimension: Dimension) -> Callable[[str | None], str]:
    return lambda key: NOBODY[dimension] if key is None else names.get(key, key)


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


def _spark(values: Sequence[float], points: int = 8) -> list[float]:
    """Thin a series to a few means: a shape, not a chart."""
    if len(values) <= points:
        return list(values)
    edges = [round(index * len(values) / points) for index in range(points + 1)]
    return [sum(values[low:high]) / (high - low) for low, high in pairwise(edges)]
