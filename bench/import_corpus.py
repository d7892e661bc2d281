"""A corpus as tickets that the product's own import can take."""

import hashlib
import importlib.util
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from local.settings import ROOT
from services.tickets import ImportedEvent, ImportedTicket

FILE = ROOT / "bench" / "corpus.py"
STATUSES = ("new", "open", "pending", "solved", "closed")
PRIORITIES = ("low", "normal", "high", "urgent")
CHANNELS = ("web", "email", "phone")
# The steps that follow the conversation, after which a ticket has the corpus's status.
LAST_STEPS = {"pending": ("pending",), "solved": ("solved",), "closed": ("solved", "closed")}


class CorpusMissing(Exception):
    """There is no corpus at the given path; the message is one line."""


class People(NamedTuple):
    """The ids of those who can sign in: the corpus's agents in its order, a customer, a manager."""

    agents: tuple[str, ...]
    customer: str
    manager: str


class Known(NamedTuple):
    """What the product must show of a ticket once it is loaded; ids and times as the ledger has them."""

    ticket_id: int
    version: int
    subject: str
    status: str
    priority: str
    team_id: str
    assignee_id: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def is_open(self) -> bool:
        """Tell whether it is on the open side of the workflow."""
        return self.status in STATUSES[:3]


def load_corpus(path: Path = FILE) -> ModuleType:
    """Load a corpus, our own or one of the same shape, by its path; raises CorpusMissing."""
    if not path.is_file():
        raise CorpusMissing(f"there is no corpus at {path}")
    spec = importlib.util.spec_from_file_location("bench_corpus", path)
    if spec is None or spec.loader is None:
        raise CorpusMissing(f"{path} is not a Python module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fingerprint(corpus: ModuleType) -> str:
    """Return what tells one corpus from another: the digest of its source."""
    return hashlib.sha256(Path(str(corpus.__file__)).read_bytes()).hexdigest()


def tickets(corpus: ModuleType, size: int, people: People, end: datetime) -> Iterator[ImportedTicket]:
    """Turn the corpus into tickets of which the newest was created just before `end`, nothing after it."""
    story = _Story(corpus, people, end)
    for raw in corpus.tickets(size):
        yield story.tell(raw)


def known(ticket_id: int, ticket: ImportedTicket) -> Known:
    """Tell what a loaded ticket must look like; an empty ledger numbers tickets from 1 in their order."""
    fields: dict[str, Any] = {}
    for event in ticket.events:
        fields |= event.values
    return Known(
        ticket_id=ticket_id,
        version=len(ticket.events),
        subject=fields["subject"],
        status=fields["status"],
        priority=fields["priority"],
        team_id=fields["team_id"],
        assignee_id=fields.get("assignee_id"),
        created_at=ticket.events[0].at,
        updated_at=ticket.events[-1].at,
    )


def team_id(name: str) -> str:
    """Make a team's id from its name."""
    return name.lower()


class _Story:
    """One ticket's events: written, assigned, three follow-ups, and what is left to its final status."""

    def __init__(self, corpus: ModuleType, people: People, end: datetime) -> None:
        self._people, self._end = people, end
        self._shift = end - corpus.END
        self._teams = [(team_id(name), name) for name in corpus.QUEUE_NAMES]

    def tell(self, raw: dict[str, Any]) -> ImportedTicket:
        number, index = raw["n"], raw["customer"]
        customer = self._people.customer if index == 0 else f"customer-{index}"
        agent = None if raw["agent"] is None else self._people.agents[raw["agent"]]
        team = self._teams[raw["queue"]]
        events = [self._created(raw, customer, team[0])]
        if agent:
            events.append(
                ImportedEvent(_later(raw["created"], 10), agent, "agent", "assigned", {"assignee_id": agent})
            )
        events += self._conversation(raw, customer, agent)
        events += _last_steps(raw, agent)
        return ImportedTicket(
            ref=f"bench-{number}",
            events=self._in_time(number, events),
            people={} if index == 0 else {customer: (f"Customer {index}", "customer")},
            teams=dict([team]),
        )

    def _created(self, raw: dict[str, Any], customer: str, team: str) -> ImportedEvent:
        values = {
            "subject": raw["title"],
            "status": "new",
            "priority": PRIORITIES[raw["priority"]],
            "team_id": team,
            "requester_id": customer,
            "channel": CHANNELS[raw["n"] % len(CHANNELS)],
        }
        return ImportedEvent(
            raw["created"], customer, "customer", "created", values, public=True, body=raw["body"]
        )

    def _conversation(self, raw: dict[str, Any], customer: str, agent: str | None) -> list[ImportedEvent]:
        """Let the corpus's coin say who speaks: heads the agent; tails the customer or, in turn, a note."""
        events = []
        for place, (at, body, heads) in enumerate(raw["followups"]):
            values = {"status": "open"} if place == 0 and STATUSES[raw["status"]] != "new" else {}
            is_note = bool(agent) and not heads and (raw["n"] + place) % 2 == 1
            by_agent = bool(agent) and (heads or is_note)
            actor, kind = (agent or "", "agent") if by_agent else (customer, "customer")
            said = "noted" if is_note else "replied"
            events.append(ImportedEvent(at, actor, kind, said, values, public=not is_note, body=body))
        return events

    def _in_time(self, number: int, events: list[ImportedEvent]) -> list[ImportedEvent]:
        """Move events to the corpus's new end; those that would come after it are drawn together.

        The corpus counts in whole minutes; a moment of its own for each ticket makes every order exact.
        """
        start = events[0].at
        room, length = self._end - (start + self._shift), events[-1].at - start
        squeeze = min(1.0, room / length * 0.999)
        own = timedelta(microseconds=number * 7919 % 60_000_000) * squeeze
        return [
            replace(
                event,
                at=start + self._shift + (event.at - start) * squeeze + (own if place else timedelta()),
                line=number,
                mark=str(place),
            )
            for place, event in enumerate(events)
        ]


def _last_steps(raw: dict[str, Any], agent: str | None) -> list[ImportedEvent]:
    at, actor, kind = raw["followups"][-1][0], agent or "system", "agent" if agent else "system"
    steps = []
    for place, status in enumerate(LAST_STEPS.get(STATUSES[raw["status"]], ()), start=1):
        at = _later(at, 15 * place + raw["n"] % 40)
        steps.append(ImportedEvent(at, actor, kind, "changed", {"status": status}))
    return steps


def _later(at: datetime, minutes: int) -> datetime:
    return at + timedelta(minutes=minutes)
