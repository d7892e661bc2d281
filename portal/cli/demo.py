"""The demo: one account per role, a small team, and a month of tickets with their histories."""

import random
import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from portal.cli.demo_texts import AGENTS, ASKS, CATEGORIES, CUSTOMERS, NOTES, REPLIES, TEAMS, THANKS
from services.bootstrap import Services
from services.tickets import ImportedEvent, ImportedTicket
from services.users.identity import SYSTEM, AddressTaken, User

ACCOUNTS = {
    "customer": "Marta Demo",
    "agent": "Ben Demo",
    "manager": "Grace Demo",
    "administrator": "Ada Demo",
}
DEMO_TEAMS = {"agent": ["billing"]}
DAYS, TICKETS = 30, 120
CHANNELS = ("web", "email", "phone")
# How far the demo's tickets have come by now, and how often.
ENDINGS = (("new", 2), ("open", 3), ("pending", 2), ("on_hold", 1), ("solved", 5), ("closed", 4))


def ensure(services: Services, *, password: str, now: datetime) -> bool:
    """Create the demo unless it is there; True when it was created. Numbers are the same every time."""
    if services.users.accounts.find_by_email("administrator@demo.example") is not None:
        return False
    services.catalog.upsert("team", TEAMS.items())
    services.catalog.upsert("category", CATEGORIES.items())
    accounts = {
        role: _account(services, role, name, role, password, now, DEMO_TEAMS.get(role, ()))
        for role, name in ACCOUNTS.items()
        if role != "administrator"
    }
    # The others of the team hold tickets; nobody signs in as them.
    team = [
        (_account(services, key, name, "agent", secrets.token_urlsafe(), now, [team]), team)
        for key, name, team in AGENTS
    ]
    services.tickets.importer.run(
        source="demo", tickets=_tickets(accounts, team, now), clock=lambda: now, reject=_never_rejected
    )
    # Last, because its presence says that all of the demo is there.
    _account(services, "administrator", ACCOUNTS["administrator"], "administrator", password, now, ())
    return True


def _account(  # noqa: PLR0917 - one line per person where it is called
    services: Services,
    key: str,
    name: str,
    role: str,
    password: str,
    now: datetime,
    team_ids: Sequence[str],
) -> User:
    email = f"{key}@demo.example"
    known = services.users.accounts.find_by_email(email)
    if known is not None:
        return known
    try:
        return services.users.accounts.create(
            actor=SYSTEM,
            now=now,
            name=name,
            email=email,
            role_id=role,
            password=password,
            team_ids=team_ids,
        )
    except AddressTaken:  # a second start was faster
        return _account(services, key, name, role, password, now, team_ids)


def _never_rejected(line: int, reason: str) -> None:
    raise AssertionError(f"the demo's own ticket {line} was refused: {reason}")


def _tickets(
    accounts: dict[str, User], team: list[tuple[User, str]], now: datetime
) -> Iterator[ImportedTicket]:
    rng = random.Random(11)  # noqa: S311 - a demo, not a secret
    agents = [(user.user_id, user.name, of) for user, of in team]
    agents.append((accounts["agent"].user_id, accounts["agent"].name, "billing"))
    customers = [(f"demo-{key}", name) for key, name in CUSTOMERS]
    customers += [(accounts["customer"].user_id, accounts["customer"].name)] * 2
    people = {key: (name, "agent") for key, name, _ in agents} | {
        key: (name, "customer") for key, name in customers
    }
    start = now - timedelta(days=DAYS)
    for number in range(TICKETS):
        created = start + timedelta(days=DAYS) * (number / TICKETS) + timedelta(minutes=rng.randrange(60))
        created = min(created, now - timedelta(minutes=2))
        story = _Story(rng, now, rng.choice(customers)[0], agents)
        yield ImportedTicket(
            ref=f"demo-{number:03d}", events=story.tell(ASKS[number % len(ASKS)], created), people=people
        )


class _Story:
    """One ticket's life: written, assigned, answered, perhaps noted, reopened, solved, closed."""

    def __init__(
        self, rng: random.Random, now: datetime, customer: str, agents: list[tuple[str, str, str]]
    ) -> None:
        self._rng, self._now, self._customer, self._agents = rng, now, customer, agents
        self._events: list[ImportedEvent] = []

    def tell(self, ask: tuple[str, str, str, str, str], at: datetime) -> list[ImportedEvent]:
        """Make the events, each at or after the one before, none in the future."""
        subject, category, team, priority, body = ask
        ending = self._rng.choices([e for e, _ in ENDINGS], [w for _, w in ENDINGS])[0]
        first = {
            "subject": subject,
            "status": "new",
            "priority": priority,
            "category": category,
            "team_id": team,
            "requester_id": self._customer,
            "channel": self._rng.choice(CHANNELS),
        }
        self._add(at, self._customer, "created", first, body, public=True)
        if ending == "new":
            return self._events
        agent = self._rng.choice([key for key, _, of in self._agents if of == team])
        at = self._later(at, 5, 180)
        self._add(at, agent, "assigned", {"assignee_id": agent})
        if self._rng.random() < 0.4:
            at = self._later(at, 2, 60)
            self._add(at, agent, "noted", {}, self._rng.choice(NOTES))
        at = self._later(at, 4, 300)
        self._add(at, agent, "replied", {"status": "open"}, self._rng.choice(REPLIES), public=True)
        if self._rng.random() < 0.5:
            at = self._later(at, 30, 900)
            self._add(at, self._customer, "replied", {}, self._rng.choice(THANKS), public=True)
        self._end(at, agent, ending)
        return self._events

    def _end(self, at: datetime, agent: str, ending: str) -> None:
        if ending == "open":
            return
        at = self._later(at, 20, 1500)
        if ending in ("pending", "on_hold"):
            self._add(at, agent, "changed", {"status": ending})
            return
        self._add(at, agent, "replied", {"status": "solved"}, REPLIES[1], public=True)
        if self._rng.random() < 0.15:
            at = self._later(at, 60, 2000)
            self._add(at, self._customer, "replied", {"status": "open"}, THANKS[2], public=True)
            at = self._later(at, 60, 900)
            self._add(at, agent, "replied", {"status": "solved"}, REPLIES[1], public=True)
        if ending == "closed":
            self._add(self._later(at, 1440, 4000), agent, "changed", {"status": "closed"})

    def _later(self, at: datetime, low: int, high: int) -> datetime:
        """Move on by some minutes, but never past a minute ago."""
        latest = max(at, self._now - timedelta(minutes=1))
        return min(at + timedelta(minutes=self._rng.randrange(low, high)), latest)

    def _add(
        self,
        at: datetime,
        who: str,
        kind: str,
        values: dict[str, Any],
        body: str | None = None,
        *,
        public: bool = False,
    ) -> None:
        actor_kind = "customer" if who == self._customer else "agent"
        self._events.append(ImportedEvent(at, who, actor_kind, kind, values, public, body))
