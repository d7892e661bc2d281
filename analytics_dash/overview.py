"""Computes everything that the service overview shows, from a URL to numbers, charts and tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from analytics_dash import buckets, charts, formatting, tables
from analytics_dash.charts import CHARTS
from analytics_dash.links import Links
from analytics_dash.ports import Avatar, GridUrl, Named, Services
from analytics_dash.query import PRIORITY_NAMES, Choice, parse
from services.natural_order import natural_key
from services.reporting import Filters, Overview

MOST_AGENTS = 8


@dataclass(frozen=True)
class Question:
    """What the page shows by its URL, and the options it offers: (id, name) of teams and categories.

    `limited` tells that the page counts the tickets of these teams alone.
    """

    choice: Choice
    filters: Filters
    today: date
    teams: Sequence[tuple[str, str]]
    categories: Sequence[tuple[str, str]]
    limited: bool = False

    @property
    def covered(self) -> str:
        """Say which tickets a limited page counts, if it counts any."""
        if not self.limited or self.shows_nothing:
            return ""
        names = ", ".join(name for _, name in self.teams)
        these = "these teams" if len(self.teams) > 1 else "this team"
        return f"Teams you are in: {names}. Every figure counts the tickets that are in {these} now."

    @property
    def shows_nothing(self) -> bool:
        """Tell whether the page is limited to the teams of somebody who is in none."""
        return self.limited and not self.teams

    @property
    def compared(self) -> str:
        """Name the previous period of the same length, which changes are compared with."""
        before = self.choice.start - timedelta(days=1)
        earlier = formatting.span(before - timedelta(days=self.choice.days - 1), before, today=self.today)
        return f"vs {earlier}"


@dataclass(frozen=True)
class View:
    """What the page shows: the figures, the links to their tickets, and what the browser draws."""

    overview: Overview
    links: Links
    unit: str
    agents: int
    payload: dict[str, Any]


def read(services: Services, *, search: object, now: datetime, zone: str, actor: Any) -> Question:
    """Read a URL's search part; any text gives a valid question. Raises PermissionDenied."""
    teams, categories = _options(services.catalog.teams()), _options(services.catalog.categories())
    within = services.reporting.dashboards.teams_of(actor=actor)
    if within is not None:
        teams = [(key, name) for key, name in teams if key in within]
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
    return Question(choice, filters, today, teams, categories, limited=within is not None)


def show(
    services: Services, question: Question, *, now: datetime, actor: Any, grid_url: GridUrl, avatar: Avatar
) -> View:
    """Query the services once and draw; raises what DashboardService raises."""
    overview = services.reporting.dashboards.overview(filters=question.filters, now=now, actor=actor)
    people = services.users.accounts.names([row.key for row in overview.by_agent if row.key is not None])
    names: charts.Names = {
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
    return sorted(((one.id, one.name) for one in named), key=lambda pair: natural_key(pair[1]))


def _payload(overview: Overview, names: charts.Names, links: Links, avatar: Avatar) -> dict[str, Any]:
    """Collect what the browser draws: figures, their tables, sparklines and the age of the data."""
    parts = {name: chart.draw(overview, names, links) for name, chart in CHARTS.items()}
    agent_name = charts.namer(names["assignee"], "assignee")
    listed = {name: table for name, (_, table) in parts.items()}
    by_solved = sorted(overview.by_agent, key=lambda row: -row.solved)
    listed["agents"] = tables.agents(by_solved[: tables.MOST_ROWS], names["assignee"], avatar, MOST_AGENTS)
    listed["agent"] = tables.groups("Agent", by_solved, agent_name, "assignee", links, largest="solved")
    return {
        "figures": {name: figure for name, (figure, _) in parts.items()},
        "tables": listed,
        "heat": overview.arrivals,
        "heat_url": links.hours(),
        "sparks": {
            "created": _spark(overview.created.values),
            "solved": _spark(overview.solved.values),
            "backlog": _spark(overview.backlog.values),
        },
        "age": round(overview.data_age, 1),
    }


def _spark(values: Sequence[float], points: int = 8) -> list[float]:
    """Reduce a series to a few means: a shape, not a chart."""
    if len(values) <= points:
        return list(values)
    edges = [round(index * len(values) / points) for index in range(points + 1)]
    return [sum(values[low:high]) / (high - low) for low, high in pairwise(edges)]
