"""Two writers at the same moment: nothing is lost, nothing is doubled, nothing is overwritten."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from pynamodb_grid.tests.depth import DEEP
from services.tickets import Conflict, FieldConflict, NotAllowedNow, TooBusy
from services.tickets.workflow import NEXT
from tests.patience import PATIENCE
from tests.services.harness import history, kinds

PAIRS = 200 if DEEP else 40


class Meetings:
    """Lets the two writers of a ticket go on only when both have read it, so that every pair is a race."""

    def __init__(self, writer, monkeypatch):
        self._load, self._barriers, self._met, self.lost = (
            writer.load,
            {},
            threading.local(),
            itertools.count(),
        )
        pause = writer.pause
        monkeypatch.setattr(writer, "load", self.load)
        monkeypatch.setattr(writer, "pause", lambda attempt: (next(self.lost), pause(attempt)))

    def arrange(self, tickets):
        self._barriers = {ticket.ticket_id: threading.Barrier(2) for ticket in tickets}

    def load(self, ticket_id):
        item = self._load(ticket_id)
        last = getattr(self._met, "barrier", None)
        barrier = self._barriers.get(ticket_id)
        if barrier is not None and barrier is not last:
            self._met.barrier = barrier
            barrier.wait(PATIENCE)
        return item


@pytest.fixture
def meetings(harness, monkeypatch):
    return Meetings(harness.services.tickets.service._writer, monkeypatch)


def both(meetings, tickets, one, other):
    """Let two writers change every ticket at once; returns what each of them got, pair by pair."""
    meetings.arrange(tickets)
    with ThreadPoolExecutor(8) as pool:
        running = [(pool.submit(outcome, one, t), pool.submit(outcome, other, t)) for t in tickets]
        results = [(first.result(), second.result()) for first, second in running]
    meetings.arrange([])
    return results


def outcome(write, ticket):
    try:
        return write(ticket)
    except Conflict as conflict:
        return conflict


def test_many_pairs(harness, agent, colleague, customer, meetings):
    tickets = [harness.ticket(customer) for _ in range(PAIRS)]
    lost = next(meetings.lost)

    apart = both(
        meetings,
        tickets,
        lambda t: harness.update(agent, t, priority="high", body=f"From one {t.ticket_id}", public=False),
        lambda t: harness.update(
            colleague, t, category="software", body=f"From other {t.ticket_id}", public=False
        ),
    )
    assert next(meetings.lost) - lost - 1 == PAIRS, "every pair raced, one of the two had to go again"
    for ticket, results in zip(tickets, apart, strict=True):
        assert sorted(result.version for result in results) == [2, 3]
        now = harness.get(agent, ticket)
        assert (now.priority, now.category, now.version) == ("high", "software", 3)
        bodies = sorted(event.body for event in history(ticket)[1:])
        assert bodies == [f"From one {ticket.ticket_id}", f"From other {ticket.ticket_id}"]

    seen = [harness.get(agent, ticket) for ticket in tickets]
    together = both(
        meetings,
        seen,
        lambda t: harness.update(agent, t, subject="One", assignee_id=agent.user_id),
        lambda t: harness.update(colleague, t, subject="Other"),
    )
    for ticket, results in zip(tickets, together, strict=True):
        refused = [result for result in results if isinstance(result, Conflict)]
        (written,) = [result for result in results if not isinstance(result, Conflict)]
        assert len(refused) == 1
        submitted = "Other" if written.subject == "One" else "One"
        assert refused[0].field_conflicts == [
            FieldConflict("subject", "Printer on fire", written.subject, submitted)
        ]
        assert harness.get(agent, ticket) == written
        assert (written.version, len(history(ticket))) == (4, 4)
        held = harness.services.tickets.assignments.held(ticket.ticket_id)
        assert held == ([(agent.user_id, None)] if written.subject == "One" else [])
    assert harness.services.tickets.audit.verify().shown == []


def test_many_writers_on_one_ticket(harness, agent, customer):
    ticket = harness.ticket(customer)

    def write(number):
        for part in range(4):
            words = f"{number}.{part}"
            while True:
                try:
                    harness.update(agent, ticket, body=words, public=False)
                    break
                except TooBusy:
                    continue

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    bodies = [event.body for event in history(ticket)[1:]]
    assert sorted(bodies) == sorted(f"{n}.{p}" for n in range(6) for p in range(4))
    assert harness.violations(ticket) == []


def test_one_request_that_arrives_many_times_at_once(harness, agent, customer):
    """A form sent by an impatient hand: one reply, one ticket, and everybody gets the same answer."""
    ticket = harness.ticket(customer)
    with ThreadPoolExecutor(6) as pool:
        replies = [
            pool.submit(harness.update, agent, ticket, body="Hello.", status="open", idempotency_key="r")
            for _ in range(6)
        ]
        calls = [pool.submit(harness.ticket, customer, idempotency_key="c") for _ in range(6)]
        assert {reply.result().version for reply in replies} == {2}
        assert len({one.result().ticket_id for one in calls}) == 1
    assert kinds(ticket) == ["created", "replied"]
    assert harness.services.tickets.audit.verify().shown == []


def test_a_ticket_that_never_stands_still(harness, agent, colleague, customer, monkeypatch):
    """Somebody is faster each time: nothing is written, and the writer hears it."""
    ticket = harness.ticket(customer)
    writer = harness.services.tickets.service._writer
    load = writer.load

    def overtaken(ticket_id):
        item = load(ticket_id)
        monkeypatch.setattr(writer, "load", load)
        harness.update(colleague, item, body="Me first.", public=False)
        monkeypatch.setattr(writer, "load", overtaken)
        return item

    monkeypatch.setattr(writer, "load", overtaken)
    monkeypatch.setattr(writer, "pause", lambda _: None)
    with pytest.raises(TooBusy):
        harness.update(agent, ticket, priority="low")
    monkeypatch.setattr(writer, "load", load)
    assert set(kinds(ticket)[1:]) == {"noted"}
    assert harness.get(agent, ticket).priority == "normal"
    assert harness.violations(ticket) == []


VALUES = {
    "priority": st.sampled_from(["low", "normal", "high"]),
    "category": st.sampled_from(["hardware", "software", ""]),
    "subject": st.sampled_from(["One", "Two", "Three"]),
    "status": st.sampled_from(list(NEXT)),
}
WRITERS = st.integers(0, 2)


class Writers(RuleBasedStateMachine):
    """Several writers with pages of different age, against a ticket kept as a plain list of states."""

    harness = agent = customer = None

    def __init__(self):
        super().__init__()
        self.ticket = self.harness.ticket(self.customer)
        first = {"subject": "Printer on fire", "status": "new", "priority": "normal", "category": None}
        self.states = [first]
        self.said = ["Smoke comes out of it."]
        self.seen = {0: 1, 1: 1, 2: 1}

    @rule(writer=WRITERS)
    def look(self, writer):
        self.seen[writer] = len(self.states)

    @rule(writer=WRITERS, changes=st.fixed_dictionaries({}, optional=VALUES), comment=st.integers(0, 2))
    def write(self, writer, changes, comment):
        """Change fields, in silence (0), with a reply (1) or with a note (2)."""
        stays, error = self.expected(self.seen[writer], changes, comment == 1)
        along = {"body": f"word {len(self.said)}", "public": comment == 1} if comment else {}
        if error is not None:
            with pytest.raises(error) as refused:
                self.harness.update(
                    self.agent, self.ticket, expected_version=self.seen[writer], **changes, **along
                )
            field_conflicts = getattr(refused.value, "field_conflicts", ())
            assert {field_conflict.field for field_conflict in field_conflicts} == set(stays)
            return
        updated = self.harness.update(
            self.agent, self.ticket, expected_version=self.seen[writer], **changes, **along
        )
        if stays or comment:
            self.states.append({**self.states[-1], **stays})
            self.said.append(along.get("body"))
            assert updated.version == len(self.states)
            self.seen[writer] = updated.version

    @rule()
    def customer_writes(self):
        self.harness.services.tickets.service.customer_reply(
            actor=self.customer, now=self.harness.now(), ticket_id=self.ticket.ticket_id, body="And?"
        )
        was = self.states[-1]["status"]
        self.states.append({**self.states[-1], "status": was if was == "new" else "open"})
        self.said.append("And?")

    def expected(self, seen, changes, replied):
        """Work out what must come of a change: what is kept, or what clashes and the error."""
        then, now = self.states[seen - 1], self.states[-1]
        requested = {name: value or None for name, value in changes.items()}
        differing = {name: value for name, value in requested.items() if value not in (then[name], now[name])}
        # A field that went away and came back stands as it was shown.
        clashing = {name for name in differing if then[name] != now[name]}
        if clashing:
            return clashing, Conflict
        status = differing.get("status")
        if status is not None and status not in NEXT[now["status"]]:
            return {}, NotAllowedNow
        if status is None and replied and now["status"] == "new":
            differing["status"] = "open"
        return differing, None

    @invariant()
    def the_ticket_is_what_it_should_be(self):
        now = self.harness.get(self.agent, self.ticket)
        assert {name: getattr(now, name) for name in self.states[-1]} == self.states[-1]
        assert now.version == len(self.states)

    def teardown(self):
        events = history(self.ticket)
        assert [event.body for event in events] == self.said
        for event, state in zip(events, self.states, strict=True):
            told = {name: event.state.get(name) for name in state if name != "subject"}
            assert told == {name: value for name, value in state.items() if name != "subject"}
        assert self.harness.violations(self.ticket) == []


def test_writers_with_stale_pages(harness, agent, customer):
    machine = type("Bound", (Writers,), {"harness": harness, "agent": agent, "customer": customer})
    run_state_machine_as_test(machine, settings=settings(stateful_step_count=15))
