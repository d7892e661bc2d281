"""The demo looks like a desk at work, the same one every time, and none of it happens in the future."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from models.user import User as UserItem
from portal.cli import demo
from portal.cli.demo_texts import AGENTS, CATEGORIES, SCENARIOS, TEAMS
from services.tickets import ImportedTicket
from services.users.identity import User

# A Wednesday afternoon, a Monday morning, and a Sunday night.
TIMES = [datetime(2026, 11, 25, 15, 7, tzinfo=UTC), datetime(2026, 11, 30, 8, 1, tzinfo=UTC),
         datetime(2027, 1, 3, 23, 59, tzinfo=UTC)]  # fmt: skip


def user(name: str, role: str) -> User:
    item = UserItem(
        user_id=name,
        name=name,
        sort_name=name,
        email=f"{name}@demo.example",
        role_id=role,
        created_at=TIMES[0],
    )
    return User.from_model(item)


def told(now: datetime) -> list[ImportedTicket]:
    accounts = {role: user(role, role) for role in demo.ACCOUNTS}
    team = [(user(key, "agent"), of) for key, _, of in AGENTS]
    customers = [("c1", "Joost van Dijk", "nordwind"), ("c2", "Noor Haddad", None)]
    return list(demo._tickets(accounts, team, customers, now))


@pytest.fixture(params=TIMES, ids=[f"{time:%A}" for time in TIMES])
def now(request) -> datetime:
    return request.param


def test_it_is_the_same_every_time(now):
    assert told(now) == told(now)


def test_nothing_happens_in_the_future_or_out_of_order(now):
    for ticket in told(now):
        times = [event.at for event in ticket.events]
        assert times == sorted(times)
        assert now - timedelta(days=31) < times[0] <= times[-1] <= now


def test_requests_come_on_working_days_and_mostly_by_day(now):
    arrived = [ticket.events[0].at for ticket in told(now)]
    by_day = Counter(at.weekday() >= 5 for at in arrived)
    by_hour = Counter(7 <= at.hour < 18 for at in arrived)
    assert by_day[True] < by_day[False] / 6
    assert by_hour[False] < by_hour[True] / 2


def test_subjects_differ_and_every_team_has_work(now):
    first = [ticket.events[0].values for ticket in told(now)]
    assert len({values["subject"] for values in first}) == len(first) == 120
    assert {values["team_id"] for values in first} == set(TEAMS)
    assert {values["category"] for values in first} == set(CATEGORIES)
    assert {values.get("organization_id") for values in first} == {"nordwind", None}
    assert len({values["channel"] for values in first}) == 3


def test_some_wait_long_some_are_reopened_and_some_are_left(now):
    tickets = told(now)
    statuses = [[e.values["status"] for e in ticket.events if "status" in e.values] for ticket in tickets]
    last = Counter(history[-1] for history in statuses)
    assert set(last) == {"new", "open", "pending", "on_hold", "solved", "closed"}
    assert min(last.values()) >= 5
    assert (
        8
        <= sum("open" in history[history.index("solved") :] for history in statuses if "solved" in history)
        <= 25
    )
    waits = [
        next(e.at for e in ticket.events if e.kind == "replied") - ticket.events[0].at
        for ticket in tickets
        if any(e.kind == "replied" for e in ticket.events)
    ]
    assert 3 <= sum(wait > timedelta(days=1) for wait in waits) <= len(waits) / 3
    assert [t for t, h in zip(tickets, statuses, strict=True) if h[-1] != "closed"
            and now - t.events[0].at > timedelta(days=14)], "some have been lying about"  # fmt: skip


def test_a_conversation_is_about_its_subject(now):
    by_body = {
        text: scenario
        for scenario in SCENARIOS
        for text in (scenario.answer, scenario.thanks, scenario.again)
    }
    for ticket in told(now):
        values = ticket.events[0].values
        assert "{" not in f"{values['subject']}{''.join(e.body or '' for e in ticket.events)}"
        speakers = [e.actor_kind for e in ticket.events if e.kind == "replied"]
        assert speakers[:1] in ([], ["agent"]), "the customer waits for an answer first"
        for event in ticket.events:
            scenario = by_body.get(event.body or "")
            assert scenario is None or (scenario.category, scenario.team) == (
                values["category"],
                values["team_id"],
            )
