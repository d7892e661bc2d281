"""Ledgers in memory: what the reporting domain asks of a ledger, and people's actions to fill it with."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
DONE = ("solved", "closed")


def text(moment: datetime) -> str:
    """Write a moment as the ledger does."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True)
class Event:
    """A history item."""

    ticket_id: int
    version: int
    at: datetime
    recorded_at: datetime
    state: dict[str, Any]
    kind: str = "changed"
    actor_id: str = "agent-1"
    actor_kind: str = "agent"
    public: bool = True

    @property
    def feed_at(self) -> str:
        return f"{text(self.recorded_at)}#{self.ticket_id:012d}#{self.version:08d}"


@dataclass(frozen=True)
class Action:
    """Something that happens to a ticket so many minutes after the last thing that did."""

    minutes: int
    change: dict[str, Any] = field(default_factory=dict)
    reply: bool = False


def history(
    ticket_id: int, created: datetime, actions: Sequence[Action], *, recorded: datetime | None = None
) -> list[Event]:
    """Play actions on a ticket that is created by the first of them."""
    events: list[Event] = []
    state: dict[str, Any] = {"status": "new", "reopens": 0, "reassigns": 0, "agent_replies": 0}
    at = created
    for version, action in enumerate(actions, 1):
        at += timedelta(minutes=action.minutes)
        before, state = state, {**state, **action.change}
        state.setdefault("created_at", text(created))
        if action.reply:
            state["agent_replies"] += 1
            state.setdefault("first_response_at", text(at))
        if state["status"] in DONE and before["status"] not in DONE:
            state["solved_at"] = text(at)
            state.setdefault("first_solved_at", text(at))
        if state["status"] == "closed":
            state.setdefault("closed_at", text(at))
        if state["status"] not in DONE and before["status"] in DONE:
            state["reopens"] += 1
            state = {name: value for name, value in state.items() if name not in ("solved_at", "closed_at")}
        fields = {name: value for name, value in state.items() if value is not None}
        written = max([recorded or at, created, *(event.recorded_at for event in events[-1:])])
        events.append(Event(ticket_id, version, at, written + timedelta(microseconds=1), fields))
    return events


class MemoryLedger:
    """A ledger that can hide items from its feed, as an index that lags behind does."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.events = list(events)
        self.hidden: set[tuple[int, int]] = set()
        self.repeat = 1

    def recorded_since(self, since: datetime, until: datetime) -> Iterator[Event]:
        events = [
            event
            for event in self.events
            if since <= event.recorded_at <= until and (event.ticket_id, event.version) not in self.hidden
        ]
        yield from sorted(events, key=lambda event: event.feed_at)
        for _ in range(self.repeat - 1):
            yield from reversed(events)

    def of_ticket(self, ticket_id: int) -> list[Event]:
        events = [event for event in self.events if event.ticket_id == ticket_id]
        return sorted(events, key=lambda event: event.version)

    def everything(self) -> list[Event]:
        return sorted(self.events, key=lambda event: (event.ticket_id % 7, event.ticket_id, event.version))


def recorded_in_turn(events: Iterable[Event], start: datetime) -> list[Event]:
    """Give events, in the order they are handed in, recording times a second apart."""
    return [
        replace(event, recorded_at=start + timedelta(seconds=index)) for index, event in enumerate(events)
    ]


def busy_desk(tickets: int, *, seed: int = 1) -> list[Event]:
    """Make a ledger of varied tickets over some months, recorded in the order of time."""
    steps = [
        Action(90, reply=True),
        Action(400, {"team_id": "second", "assignee_id": "agent-2"}),
        Action(700, {"status": "solved"}),
        Action(3000, {"status": "open"}),
        Action(500, {"status": "closed", "priority": "urgent"}),
    ]
    events: list[Event] = []
    for number in range(1, tickets + 1):
        pick = (number * 7919 + seed * 104729) % 1000
        opening = {
            "priority": ("low", "normal", "high", None)[pick % 4],
            "category": ("mail", "printer", None)[pick % 3],
            "team_id": ("first", "second")[pick % 2],
            "assignee_id": ("agent-1", "agent-2", "agent-3", None)[pick % 4],
            "requester_id": f"customer-{pick % 17}",
            "channel": ("web", "email")[pick % 2],
        }
        actions = [Action(pick % 5, opening), *steps[: 1 + pick % 6]]
        if pick % 9 == 0:
            actions.pop(1)
        events += history(number, START + timedelta(minutes=number * 171 + pick), actions)
    return sorted(events, key=lambda event: (event.recorded_at, event.ticket_id, event.version))
