"""Undo: a change is taken back by a new version, or not at all."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from models.ticket_fields import REPORTABLE
from services.errors import Conflicted, Invalid
from services.tickets import AlreadyUndone, ChangedSince, NotAllowedNow, TicketNotFound
from services.users.identity import Permission, PermissionDenied, Scope
from tests.patience import PATIENCE
from tests.services.harness import history, kinds


@pytest.fixture
def ticket(harness, customer):
    return harness.ticket(customer, category="hardware")


def undo(harness, by, ticket, version=None):
    """Take back a version, the present one without a number."""
    return harness.services.tickets.service.undo(
        actor=by, now=harness.now(), ticket_id=ticket.ticket_id, version=version or ticket.version
    )


def events(harness, by, ticket):
    """Read a ticket's history as a person sees it, by version."""
    return {
        e.version: e
        for e in harness.services.tickets.service.timeline(actor=by, ticket_id=ticket.ticket_id)[1]
    }


def test_an_undone_change_stands_in_the_ledger_beside_what_undid_it(harness, agent, colleague, ticket):
    changed = harness.update(agent, ticket, priority="high", category="", team_id="support")
    back = undo(harness, colleague, changed)
    assert (back.priority, back.category, back.team_id, back.version) == ("normal", "hardware", None, 3)
    assert back.wrote == {"priority", "category", "team_id"}
    last = history(ticket)[-1]
    assert (last.undoes, last.actor_id, last.public, last.body) == (2, colleague.user_id, False, None)
    assert last.changes == {
        "priority": ["high", "normal"], "category": [None, "hardware"], "team_id": ["support", None],
    }  # fmt: skip
    stored = events(harness, agent, ticket)
    assert (stored[2].undone_by, stored[3].undoes) == (3, 2)
    assert harness.violations(ticket) == []


def test_undoing_twice_does_nothing_more(harness, agent, ticket):
    changed = harness.update(agent, ticket, priority="high")
    undo(harness, agent, changed)
    with pytest.raises(AlreadyUndone):
        undo(harness, agent, changed)
    # Not even when the same value stands again.
    harness.update(agent, ticket, expected_version=3, priority="high")
    with pytest.raises(AlreadyUndone):
        undo(harness, agent, changed)
    assert harness.get(agent, ticket).version == 4


def test_an_undo_can_be_undone(harness, agent, ticket):
    changed = harness.update(agent, ticket, status="solved")
    again = undo(harness, agent, undo(harness, agent, changed))
    assert (again.status, again.version) == ("solved", 4)
    assert again.solved_at == changed.solved_at
    assert harness.violations(ticket) == []


def test_a_field_that_was_changed_since_stops_all_of_it(harness, agent, colleague, ticket):
    harness.update(agent, ticket, priority="high", status="pending")
    harness.update(colleague, ticket, expected_version=2, priority="low")
    with pytest.raises(ChangedSince) as caught:
        undo(harness, agent, ticket, 2)
    assert caught.value.fields == {"priority": colleague.user_id}
    current = harness.get(agent, ticket)
    assert (current.status, current.priority, current.version) == ("pending", "low", 3)


def test_a_value_that_went_and_came_back_belongs_to_who_set_it_last(harness, agent, colleague, ticket):
    first = harness.update(agent, ticket, priority="high")
    harness.update(colleague, first, priority="low")
    last = harness.update(colleague, harness.get(agent, ticket), priority="high")
    with pytest.raises(ChangedSince):
        undo(harness, agent, ticket, first.version)
    _, events = harness.services.tickets.service.timeline(actor=agent, ticket_id=ticket.ticket_id)
    assert [event.version for event in events if event.undoable] == [last.version]
    undo(harness, agent, ticket, last.version)
    assert harness.get(agent, ticket).priority == "low"


def test_changes_of_other_fields_stay(harness, agent, colleague, customer, ticket):
    harness.update(agent, ticket, priority="high")
    harness.update(colleague, ticket, expected_version=2, category="software")
    harness.update(customer, ticket, expected_version=3, body="Any news?")
    back = undo(harness, agent, ticket, 2)
    assert (back.priority, back.category, back.version) == ("normal", "software", 5)
    assert harness.violations(ticket) == []


def test_a_message_stays_when_its_status_is_undone(harness, agent, ticket):
    solved = harness.update(agent, ticket, status="solved", body="It is the toner.")
    back = undo(harness, agent, solved)
    assert (back.status, back.solved_at, back.reopens) == ("new", None, 0)
    assert back.first_response_at == solved.first_response_at
    last = history(ticket)[-1]
    assert (last.state["agent_replies"], "first_solved_at" in last.state) == (1, False)
    assert history(ticket)[1].body == "It is the toner."
    assert harness.violations(ticket) == []


def test_what_cannot_be_undone(harness, agent, ticket):
    harness.update(agent, ticket, body="Only words.", public=False)
    for version, words in ((1, "Opening"), (2, "message"), (3, "does not exist"), (10**9, "does not exist")):
        with pytest.raises(Invalid, match=words):
            undo(harness, agent, ticket, version)
    assert harness.get(agent, ticket).version == 2


def test_figures_that_others_count_on_stay(harness, agent, colleague, ticket):
    """Solved, reopened and solved again: only the last solve can be taken back, and the first one stays."""
    first = harness.update(agent, ticket, status="solved")
    opened = harness.update(agent, first, status="open")
    second = harness.update(agent, opened, status="solved")
    with pytest.raises(ChangedSince):
        undo(harness, colleague, first)
    back = undo(harness, colleague, second)
    assert (back.status, back.solved_at, back.reopens) == ("open", None, opened.reopens)
    assert history(ticket)[-1].state["first_solved_at"] == history(ticket)[1].state["first_solved_at"]
    assert harness.violations(ticket) == []


def test_a_reassignment_that_is_undone_does_not_count(harness, agent, colleague, ticket):
    mine = harness.update(agent, ticket, assignee_id=agent.user_id)
    theirs = harness.update(agent, mine, assignee_id=colleague.user_id)
    back = undo(harness, agent, theirs)
    assert (theirs.reassigns, back.reassigns, back.assignee_id) == (1, 0, agent.user_id)
    assert kinds(ticket)[-1] == "assigned"
    held = harness.services.tickets.assignments.held(ticket.ticket_id)
    assert [person for person, _ in held] == [agent.user_id, colleague.user_id, agent.user_id]
    assert [ended is None for _, ended in held] == [False, False, True]
    assert harness.violations(ticket) == []


def test_undo_asks_for_what_the_change_asks(harness, agent, customer, ticket):
    changed = harness.update(agent, ticket, priority="high")
    given = harness.update(agent, changed, assignee_id=agent.user_id)
    with pytest.raises(PermissionDenied):
        undo(harness, customer, changed)
    with pytest.raises(TicketNotFound):
        undo(harness, harness.actor("customer"), changed)
    seen = {Permission.TICKET_VIEW: Scope.ALL, Permission.TICKET_NOTE: Scope.ALL}
    reader = harness.actor("agent", permissions=seen)
    giver = harness.actor("agent", permissions={**seen, Permission.TICKET_ASSIGN: Scope.ALL})
    for person, version in ((reader, 2), (reader, 3), (giver, 2)):
        with pytest.raises(PermissionDenied):
            undo(harness, person, ticket, version)
    assert [e.undoable for e in events(harness, reader, ticket).values()] == [False] * 3
    assert [e.undoable for e in events(harness, giver, ticket).values()] == [False, False, True]
    assert [e.undoable for e in events(harness, agent, ticket).values()] == [False, True, True]
    assert undo(harness, giver, given).assignee_id is None


def test_what_is_no_longer_offered_does_not_come_back(harness, agent, ticket):
    catalog, admin = harness.services.catalog, harness.actor("administrator")
    save = partial(catalog.save, actor=admin, kind="category", name="Fax")
    old = save(now=harness.now(), id_=None, active=True, expected_version=0)
    harness.update(agent, ticket, category=old.id)
    changed = harness.update(agent, ticket, expected_version=2, category="software")
    save(now=harness.now(), id_=old.id, active=False, expected_version=1)
    with pytest.raises(Invalid, match="category does not exist"):
        undo(harness, agent, changed)
    assert harness.get(agent, ticket).category == "software"


def test_a_step_that_nobody_could_make_is_not_undone(harness, agent, ticket, monkeypatch):
    changed = harness.update(agent, ticket, status="solved")
    monkeypatch.setitem(harness.services.tickets.workflow.allowed.__globals__["NEXT"], "new", ("open",))
    assert not events(harness, agent, ticket)[2].undoable
    with pytest.raises(NotAllowedNow):
        undo(harness, agent, changed)


def test_ten_who_undo_at_once_undo_once(harness, agent, ticket):
    changed = harness.update(agent, ticket, priority="high")
    start = threading.Barrier(10)

    def attempt(_):
        start.wait(PATIENCE)
        try:
            return undo(harness, agent, changed).version
        except AlreadyUndone:
            return None

    with ThreadPoolExecutor(10) as pool:
        results = list(pool.map(attempt, range(10)))
    assert sorted(filter(None, results)) == [3]
    assert harness.get(agent, ticket).version == 3


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(("open", "pending", "on_hold", "solved", "closed")),
        "priority": st.sampled_from(("low", "high", "urgent")),
        "team_id": st.sampled_from(("", "support", "network")),
        "assignee_id": st.sampled_from(("", "agent", "colleague")),
        "subject": st.sampled_from(("One", "Other")),
    },
)
CHANGE = st.tuples(st.just("change"), FIELDS, st.sampled_from((None, "reply", "note")))
UNDO = st.tuples(st.just("undo"), st.integers(1, 14), st.none())
STEPS = st.lists(st.one_of(CHANGE, CHANGE, UNDO), min_size=1, max_size=12)


def reportable(fields):
    """Pick what reports are computed from."""
    return {name: fields.get(name) for name in REPORTABLE}


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(played=st.tuples(STEPS, FIELDS.filter(bool)))
def test_any_sequence_of_changes_and_undos(harness, agent, colleague, customer, played):
    steps, last = played
    people = {"agent": agent.user_id, "colleague": colleague.user_id}
    ticket = harness.ticket(customer)

    def change(changes, said=None):
        named = {n: people.get(v, v) if n == "assignee_id" else v for n, v in changes.items()}
        along = {"body": "Words.", "public": said == "reply"} if said else {}
        return harness.update(agent, harness.get(agent, ticket), **named, **along)

    for what, detail, said in steps:
        try:
            if what == "change":
                change(detail, said)
            else:
                undo(harness, colleague, ticket, detail)
        except (Invalid, Conflicted):
            continue
    before = history(ticket)[-1].state
    try:
        changed = change(last)
    except NotAllowedNow:
        changed = None
    if changed is not None and changed.wrote:
        assert events(harness, agent, ticket)[changed.version].undoable
        undo(harness, colleague, changed)
        assert reportable(history(ticket)[-1].state) == reportable(before)
    assert harness.violations(ticket) == []
