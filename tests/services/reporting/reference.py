"""The metrics again, written from their definitions: plain replay of whole histories, nothing shared."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from services.reporting import Filters
from tests.services.reporting.ledgers import DONE, Event

DIMENSIONS = {"team": "team_id", "priority": "priority", "category": "category", "assignee": "assignee_id"}


@dataclass
class Story:
    """A ticket's moments: when each state began to hold."""

    created: datetime
    moments: list[tuple[datetime, dict[str, Any]]]

    def state_before(self, moment: datetime) -> dict[str, Any] | None:
        """The state that held just before a moment; None before the creation."""
        if moment <= self.created:
            return None
        earlier = [state for at, state in self.moments if at < moment]
        return earlier[-1] if earlier else {**self.moments[0][1], "status": "new", "first_response_at": None}

    def turns(self) -> list[tuple[datetime, bool, dict[str, Any]]]:
        """Every solve (True) and reopening (False)."""
        turns = []
        done = False
        for at, state in self.moments:
            if (state["status"] in DONE) is not done:
                done = not done
                turns.append((at, done, state))
        return turns


def stories(events: Iterable[Event]) -> list[Story]:
    """Put each ticket's events on a clock that never runs backwards."""
    stories = []
    ordered = sorted(events, key=lambda event: (event.ticket_id, event.version))
    for _, listed in groupby(ordered, key=lambda event: event.ticket_id):
        moments: list[tuple[datetime, dict[str, Any]]] = []
        created = None
        for event in listed:
            created = created or datetime.fromisoformat(event.state["created_at"])
            at = max(event.at, created, *(moment for moment, _ in moments[-1:]))
            moments.append((at, event.state))
        assert created is not None
        stories.append(Story(created, moments))
    return stories


def within_teams(stories: Sequence[Story], teams: frozenset[str] | None) -> list[Story]:
    """Leave out the tickets that are in none of these teams now, whatever they were in before."""
    return [story for story in stories if teams is None or story.moments[-1][1].get("team_id") in teams]


def quantile(values: Sequence[float], share: float) -> float | None:
    """Interpolate linearly between the two nearest values."""
    if not values:
        return None
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def within(state: dict[str, Any], filters: Filters) -> bool:
    """Whether a state passes the filters."""
    allowed = {
        "team_id": filters.teams,
        "priority": filters.priorities,
        "category": filters.categories,
        "assignee_id": filters.assignees,
    }
    return all(not chosen or (state.get(name) or "none") in chosen for name, chosen in allowed.items())


@dataclass
class Figures:
    """All figures of one stretch of time."""

    created: int
    first_solved: int
    backlog: int
    waiting: int
    oldest: datetime | None
    responses: list[int]
    early: int
    resolutions: list[int]
    taken_back: int
    unanswered: int
    returned: int

    @property
    def median_response(self) -> float | None:
        return statistics.median(self.responses) if self.responses else None

    @property
    def median_resolution(self) -> float | None:
        return statistics.median(self.resolutions) if self.resolutions else None


Holds = Callable[[dict[str, Any]], bool]
Stretch = tuple[datetime, datetime]


def seconds(passed: timedelta) -> int:
    return passed // timedelta(seconds=1)


def figures(
    stories: Sequence[Story], start: datetime, end: datetime, until: datetime, holds: Holds
) -> Figures:
    """Compute the figures of [start, end) knowing only what happened before `until`."""
    counts = Figures(0, 0, 0, 0, None, [], 0, [], 0, 0, 0)
    for story in stories:
        if start <= story.created < end and holds(story.moments[0][1]):
            counts.created += 1
        last = story.state_before(end)
        if last is not None and last["status"] not in DONE and holds(last):
            counts.backlog += 1
            if not last.get("first_response_at"):
                counts.waiting += 1
                counts.oldest = min(counts.oldest or story.created, story.created)
        _count_response(story, counts, (start, end), holds)
        _count_turns(story, counts, (start, end), until, holds)
    return counts


def arrivals(
    stories: Sequence[Story], start: datetime, end: datetime, holds: Holds, zone: ZoneInfo
) -> tuple[tuple[int, ...], ...]:
    """Count by weekday and local hour the tickets created in [start, end)."""
    counts = [[0] * 24 for _ in range(7)]
    for story in stories:
        if start <= story.created < end and holds(story.moments[0][1]):
            local = story.created.astimezone(zone)
            counts[local.weekday()][local.hour] += 1
    return tuple(map(tuple, counts))


def _count_response(story: Story, counts: Figures, period: Stretch, holds: Holds) -> None:
    for _, state in story.moments:
        if state.get("first_response_at"):
            replied = datetime.fromisoformat(state["first_response_at"])
            if period[0] <= replied < period[1] and holds(state):
                took = seconds(replied - story.created)
                if took < 0:
                    counts.early += 1
                else:
                    counts.responses.append(took)
            return


def _count_turns(story: Story, counts: Figures, period: Stretch, until: datetime, holds: Holds) -> None:
    turns = [turn for turn in story.turns() if turn[0] < until]
    for index, (at, solved, state) in enumerate(turns):
        if not solved or not period[0] <= at < period[1] or not holds(state):
            continue
        reopened = turns[index + 1][0] if index + 1 < len(turns) else None
        if reopened is None:
            counts.resolutions.append(seconds(at - story.created))
        else:
            counts.taken_back += 1
        if index == 0:
            counts.first_solved += 1
            counts.unanswered += not state.get("first_response_at")
            counts.returned += reopened is not None and reopened - at <= timedelta(days=14)


def bounds(filters: Filters, until: datetime) -> tuple[datetime, datetime, datetime]:
    """The starts of the period before and of the period, and its end or what is known of it."""
    zone = ZoneInfo(filters.zone)
    length = (filters.end - filters.start).days + 1

    def midnight(index: int) -> datetime:
        day = filters.start + timedelta(days=index)
        return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(ZoneInfo("UTC"))

    return min(midnight(-length), until), min(midnight(0), until), min(midnight(length), until)


def keys(stories: Iterable[Story], dimension: str) -> set[str | None]:
    """Every value a dimension ever had."""
    return {state.get(DIMENSIONS[dimension]) for story in stories for _, state in story.moments}
