"""The demo: one account per role, a small team, and a month of tickets with their histories."""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from portal.cli.demo_texts import (
    AGENTS,
    CATEGORIES,
    CUSTOMERS,
    INTERNAL_CATEGORIES,
    ORGANIZATIONS,
    PHONES,
    SCENARIOS,
    TEAMS,
    Scenario,
)
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
DAYS = 30
CHANNELS = {"web": 5, "email": 4, "phone": 1}
# How many requests come in each hour of a day (UTC) and on each day of a week, as shares.
BY_HOUR = (1, 1, 1, 1, 1, 2, 4, 9, 14, 16, 14, 11, 8, 10, 13, 12, 9, 6, 4, 3, 3, 2, 2, 1)
BY_WEEKDAY = (13, 11, 10, 10, 8, 3, 2)
OPENS, CLOSES, WEEKEND = 8, 18, 5  # hours at which the desk works, and the first weekday on which it does not
# How far the demo's tickets have come by now, of each 17: the older ones further, with exceptions.
ENDINGS = (("closed", 4), ("solved", 5), ("on_hold", 1), ("pending", 2), ("open", 3), ("new", 2))
EXCEPTIONS = 18  # places by which a ticket is further, or less far, than others of its age
LATE = 0.1  # of the tickets wait for days until somebody answers
THANKED, REOPENED = 0.4, 0.35  # of those that were helped; of the others among them


Customer = tuple[str, str, str | None]
"""A customer's id and name, and the id of their organization."""


def ensure(services: Services, *, password: str, now: datetime) -> bool:
    """Create the demo unless it is there; True when it was created. Numbers are the same every time."""
    if services.users.accounts.find_by_email("administrator@demo.example") is not None:
        return False
    services.catalog.upsert("team", TEAMS.items())
    services.catalog.upsert("category", CATEGORIES.items(), offered_to_customers=True)
    services.catalog.upsert("category", INTERNAL_CATEGORIES.items())
    _organizations(services, now)
    accounts = {
        role: _account(services, role, name, role, password, now, DEMO_TEAMS.get(role, ()))
        for role, name in ACCOUNTS.items()
        if role != "administrator"
    }
    # The others of the team hold tickets; nobody signs in as them.
    team = [(_account(services, key, name, "agent", None, now, [team]), team) for key, name, team in AGENTS]
    customers = [_customer(services, name, email, now) for name, email in CUSTOMERS]
    customers += [(accounts["customer"].user_id, accounts["customer"].name, None)] * 2
    services.tickets.importer.run(
        source="demo",
        tickets=_tickets(accounts, team, customers, now),
        clock=lambda: now,
        reject=_never_rejected,
    )
    # Last, because its presence says that all of the demo is there.
    _account(services, "administrator", ACCOUNTS["administrator"], "administrator", password, now, ())
    return True


def _account(  # noqa: PLR0917 - one line per person where it is called
    services: Services,
    key: str,
    name: str,
    role: str,
    password: str | None,
    now: datetime,
    team_ids: Sequence[str],
) -> User:
    email = key if "@" in key else f"{key}@demo.example"
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
            phone=PHONES.get(email, ""),
            invite=False,
        )
    except AddressTaken:  # a second start was faster
        return _account(services, key, name, role, password, now, team_ids)


def _never_rejected(line: int, reason: str) -> None:
    raise AssertionError(f"the demo's own ticket {line} was refused: {reason}")


def _organizations(services: Services, now: datetime) -> None:
    known = {organization.name for organization in services.users.organizations.stored()}
    for name, domain, shares in ORGANIZATIONS:
        if name not in known:
            services.users.organizations.save(
                actor=SYSTEM,
                now=now,
                id_=None,
                name=name,
                active=True,
                shares_tickets=shares,
                domains=[domain],
                expected_version=0,
            )


def _customer(services: Services, name: str, email: str | None, now: datetime) -> Customer:
    """Create a customer who cannot sign in; one without an address comes with the tickets."""
    if email is None:
        return f"demo-{name.split()[0].lower()}", name, None
    user = _account(services, email, name, "customer", None, now, ())
    return user.user_id, name, user.organization_id


def _tickets(
    accounts: dict[str, User], team: list[tuple[User, str]], customers: Sequence[Customer], now: datetime
) -> Iterator[ImportedTicket]:
    rng = random.Random(11)  # noqa: S311 - a demo, not a secret
    agents = [(user.user_id, user.name, of) for user, of in team]
    agents.append((accounts["agent"].user_id, accounts["agent"].name, "billing"))
    people = {key: (name, "agent") for key, name, _ in agents} | {
        key: (name, "customer") for key, name, _ in customers
    }
    requests = [(scenario, variant) for scenario in SCENARIOS for variant in scenario.variants]
    rng.shuffle(requests)
    endings = _endings(rng, len(requests))
    for number, created in enumerate(_arrivals(rng, now, len(requests))):
        scenario, variant = requests[number]
        # Of its own, so that who is in a ticket does not depend on the time at which the demo is made.
        own = random.Random(f"ticket {number}")  # noqa: S311 - a demo, not a secret
        story = _Story(own, now, own.choice(customers), agents, scenario, variant)
        yield ImportedTicket(
            ref=f"demo-{number:03d}", events=story.tell(endings[number], created), people=people
        )


def _arrivals(rng: random.Random, now: datetime, count: int) -> list[datetime]:
    """Choose when requests arrive: mostly in the mornings and afternoons of working days."""
    latest = now - timedelta(minutes=2)
    hours = [latest - timedelta(hours=age + 1) for age in range(24 * DAYS)]
    weights = [BY_HOUR[hour.hour] * BY_WEEKDAY[hour.weekday()] for hour in hours]
    return sorted(
        hour + timedelta(seconds=rng.randrange(3600)) for hour in rng.choices(hours, weights, k=count)
    )


def _endings(rng: random.Random, count: int) -> list[str]:
    """Say how far each ticket has come, the oldest first."""
    whole = sum(share for _, share in ENDINGS)
    in_order = [ending for ending, share in ENDINGS for _ in range(round(count * share / whole))]
    in_order = [*in_order, *["new"] * (count - len(in_order))][:count]
    ranks = sorted(range(count), key=lambda place: place + rng.gauss(0, EXCEPTIONS))
    return [ending for _, ending in sorted(zip(ranks, in_order, strict=True))]


class _Story:
    """One ticket's life: written, assigned, a question and its answer, helped, perhaps reopened, closed."""

    def __init__(  # noqa: PLR0917 - what one ticket is made of
        self,
        rng: random.Random,
        now: datetime,
        customer: Customer,
        agents: Sequence[tuple[str, str, str]],
        scenario: Scenario,
        variant: str,
    ) -> None:
        self._rng, self._latest = rng, now - timedelta(minutes=1)
        self._customer, self._name, self._organization = customer
        self._scenario, self._variant = scenario, variant
        self._agent = rng.choice([key for key, _, of in agents if of == scenario.team])
        self._events: list[ImportedEvent] = []
        self._present: dict[str, Any] = {}

    def tell(self, ending: str, at: datetime) -> list[ImportedEvent]:
        """Make the events, each at or after the one before, none in the future."""
        self._add(at, self._customer, "created", self._first(), self._scenario.body)
        if ending == "new":
            return self._events
        wait = (2880, 5760) if self._rng.random() < LATE else (10, 240)
        at = self._working(at, *wait)
        self._add(at, self._agent, "assigned", {"assignee_id": self._agent})
        if self._rng.random() < 0.4 or ending == "on_hold":
            at = self._working(at, 2, 30)
            self._add(at, self._agent, "noted", {}, self._scenario.note, public=False)
        at = self._working(at, 4, 90)
        if ending == "on_hold":
            self._add(at, self._agent, "changed", {"status": "on_hold"})
            return self._events
        if ending in ("pending", "open") or self._rng.random() < 0.6:
            self._add(
                at, self._agent, "replied", {"status": "pending"}, self._greeted(self._scenario.question)
            )
            if ending == "pending":
                return self._events
            at = self._later(at, 20, 900)
            self._add(at, self._customer, "replied", {"status": "open"}, self._scenario.answer)
            if ending == "open":
                return self._events
        self._help(self._working(at, 15, 600), ending)
        return self._events

    def _help(self, at: datetime, ending: str) -> None:
        """Solve it, sometimes twice, and close it where that is its ending."""
        is_thanked = self._rng.random() < THANKED
        status = {"status": "open" if is_thanked else "solved"}
        self._add(at, self._agent, "replied", status, self._greeted(self._scenario.fix))
        if is_thanked:
            at = self._later(at, 20, 900)
            self._add(at, self._customer, "replied", {}, self._scenario.thanks)
            at = self._working(at, 5, 120)
            self._add(at, self._agent, "changed", {"status": "solved"})
        elif self._rng.random() < REOPENED:
            at = self._later(at, 300, 4000)
            self._add(at, self._customer, "replied", {"status": "open"}, self._scenario.again)
            at = self._working(at, 30, 400)
            self._add(at, self._agent, "replied", {"status": "solved"}, self._greeted(self._scenario.fixed))
        if ending == "closed":
            self._add(self._later(at, 1440, 4000), self._agent, "changed", {"status": "closed"})

    def _first(self) -> dict[str, Any]:
        scenario = self._scenario
        subject = self._told(scenario.subject)
        return {
            "subject": subject[:1].upper() + subject[1:],
            "status": "new",
            "priority": scenario.priority,
            "category": scenario.category,
            "team_id": scenario.team,
            "requester_id": self._customer,
            "organization_id": self._organization,
            "channel": self._rng.choices(list(CHANNELS), list(CHANNELS.values()))[0],
        }

    def _told(self, text: str) -> str:
        return text.replace("{x}", self._variant)

    def _greeted(self, text: str) -> str:
        return f"Hello {self._name.split()[0]},\n\n{self._told(text)}"

    def _working(self, at: datetime, low: int, high: int) -> datetime:
        """Move on by some minutes, and to the next hour at which the desk works if that has come."""
        then = at + timedelta(minutes=self._rng.randrange(low, high))
        if then.hour >= CLOSES:
            then = then.replace(hour=OPENS, minute=then.minute) + timedelta(days=1)
        then = then.replace(hour=max(then.hour, OPENS))
        while then.weekday() >= WEEKEND:
            then += timedelta(days=1)
        return then if then <= self._latest else self._later(at, low, high)

    def _later(self, at: datetime, low: int, high: int) -> datetime:
        """Move on by some minutes, but never past a minute ago."""
        latest = max(at, self._latest)
        return min(at + timedelta(minutes=self._rng.randrange(low, high)), latest)

    def _add(
        self,
        at: datetime,
        who: str,
        kind: str,
        values: dict[str, Any],
        body: str | None = None,
        *,
        public: bool = True,
    ) -> None:
        actor_kind = "customer" if who == self._customer else "agent"
        text = None if body is None else self._told(body)
        values = {name: value for name, value in values.items() if self._present.get(name) != value}
        self._present |= values
        self._events.append(
            ImportedEvent(at, who, actor_kind, kind, values, public and body is not None, text)
        )
