"""Each change is one transaction with one history item, and a check finds whatever is not so."""

from datetime import timedelta

import pytest

from dynamodb_client import consumed
from models import assignment, ticket_history
from models import ticket as ticket_table
from models.ticket import Ticket as TicketItem
from models.ticket_history import TicketHistory
from services.tickets import TicketNotFound
from tests.services.harness import START, history, kinds


@pytest.fixture
def worked(harness, agent, customer):
    """A ticket with everything that can happen to one."""
    ticket = harness.ticket(customer, category="hardware")
    ticket = harness.update(agent, ticket, body="On my way.", assignee_id=agent.user_id)
    ticket = harness.update(agent, ticket, body="It is the toner.", public=False)
    ticket = harness.update(agent, ticket, priority="high", category="")
    return harness.update(agent, ticket, status="solved")


def test_every_change_is_one_version(harness, worked, agent, customer):
    assert kinds(worked) == ["created", "replied", "noted", "changed", "changed"]
    items = history(worked)
    assert [item.public for item in items] == [True, True, False, False, False]
    assert [item.body for item in items[:3]] == ["Smoke comes out of it.", "On my way.", "It is the toner."]
    assert [item.actor_kind for item in items] == ["customer", *["agent"] * 4]
    assert {item.actor_id for item in items[1:]} == {agent.user_id}
    assert items[3].changes == {"priority": ["normal", "high"], "category": ["hardware", None]}
    assert items[1].state["agent_replies"] == 1
    assert worked.version == 5
    assert harness.violations(worked) == []


def test_feed_keys_lead_to_the_change(worked):
    for item in history(worked):
        assert item.feed == "2026-11-22#0"
        assert item.feed_at.split("#")[1:] == [f"{worked.ticket_id:012d}", f"{int(item.version):08d}"]
    since, until = worked.created_at, worked.updated_at
    fed = [e for e in ticket_history.recorded_since(since, until, 1) if e.ticket_id == worked.ticket_id]
    assert [int(event.version) for event in fed] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"status": "open"}, "changed"),
        ({"subject": "Printer still on fire"}, "changed"),
        ({"team_id": "support"}, "assigned"),
        ({"team_id": "support", "priority": "low"}, "changed"),
        ({"body": "Soon."}, "replied"),
        ({"body": "Soon.", "public": False}, "noted"),
        ({"body": "Soon.", "status": "pending", "team_id": "support"}, "replied"),
    ],
)
def test_one_change_is_one_write_request(harness, agent, customer, changes, kind):
    ticket = harness.ticket(customer)
    harness.services.catalog.teams()  # kept for a few seconds
    with consumed() as meter:
        after = harness.update(agent, ticket, **changes)
    assert kinds(after) == ["created", kind]
    assert after.version == 2
    assert meter.requests == 2, "one read of the ticket, one transaction"
    assert harness.violations(ticket) == []


def test_a_change_that_changes_nothing_writes_nothing(harness, agent, customer):
    ticket = harness.ticket(customer)
    after = harness.update(
        agent, ticket, priority="normal", category="", status="new", subject=ticket.subject
    )
    assert after == ticket
    assert kinds(ticket) == ["created"]


def test_assignments_say_who_had_a_ticket_and_when(harness, agent, colleague, customer):
    ticket = harness.ticket(customer)
    held = [ticket]
    for person in (agent.user_id, colleague.user_id, None, agent.user_id):
        held.append(
            harness.services.tickets.service.assign_ticket(
                actor=agent,
                now=harness.now(),
                ticket_id=ticket.ticket_id,
                assignee_id=person,
                expected_version=held[-1].version,
            )
        )
    begun = [t.updated_at for t in held]
    assert kinds(ticket) == ["created", *["assigned"] * 4]
    assert harness.services.tickets.assignments.held(ticket.ticket_id) == [
        (agent.user_id, begun[2]),
        (colleague.user_id, begun[3]),
        (agent.user_id, None),
    ]
    assert held[-1].reassigns == 1
    assignment_periods = list(assignment.Assignment.by_agent.query(colleague.user_id))
    assert [int(assignment.ticket_id) for assignment in assignment_periods] == [ticket.ticket_id]


def test_a_ticket_begins_with_its_assignment(harness, agent):
    ticket = harness.ticket(agent, assignee_id=agent.user_id, requester_id=harness.actor("customer").user_id)
    assert harness.services.tickets.assignments.held(ticket.ticket_id) == [(agent.user_id, None)]
    assert harness.violations(ticket) == []


def test_a_tickets_time_never_runs_backwards(harness, agent, colleague, customer):
    ticket = harness.ticket(customer)
    early = harness.now()
    ticket = harness.update(agent, ticket, assignee_id=agent.user_id)
    late = harness.services.tickets.service.assign_ticket(
        actor=agent,
        now=early,
        ticket_id=ticket.ticket_id,
        assignee_id=colleague.user_id,
        expected_version=ticket.version,
    )
    assert late.updated_at == ticket.updated_at
    (first, released), (second, _) = harness.services.tickets.assignments.held(ticket.ticket_id)
    assert (first, released, second) == (agent.user_id, ticket.updated_at, colleague.user_id)
    assert history(ticket)[-1].feed_at.startswith(early.strftime("%Y-%m-%dT%H:%M:%S")), "recorded when it was"
    assert harness.violations(ticket) == []


def test_numbers_are_given_out_once(harness, customer):
    numbers = [harness.ticket(customer).ticket_id for _ in range(5)]
    assert numbers == list(range(numbers[0], numbers[0] + 5))


@pytest.mark.parametrize("number", [0, -1, 10**15, 10**40, 999_999])
def test_there_is_no_such_ticket(harness, agent, number):
    with pytest.raises(TicketNotFound):
        harness.services.tickets.service.get(actor=agent, ticket_id=number)
    with pytest.raises(TicketNotFound):
        harness.services.tickets.service.update(
            actor=agent, now=START, ticket_id=number, expected_version=1, changes={"status": "open"}
        )


def delete_first(ticket):
    TicketHistory(ticket.ticket_id, 1).delete()


def delete_middle(ticket):
    TicketHistory(ticket.ticket_id, 3).delete()


def delete_last(ticket):
    TicketHistory(ticket.ticket_id, 5).delete()


def delete_history(ticket):
    for event in history(ticket):
        event.delete()


def delete_ticket(ticket):
    TicketItem(ticket.ticket_id).delete()


def add_history(ticket):
    extra = history(ticket)[-1]
    extra.version, extra.changes = 6, {}
    extra.save()


def _touch(ticket, **values):
    item = ticket_table.find(ticket.ticket_id)
    for name, value in values.items():
        setattr(item, name, value)
    item.save()


def change_field(ticket):
    _touch(ticket, priority="urgent")


def drop_field(ticket):
    _touch(ticket, assignee_id=None)


def change_counter(ticket):
    _touch(ticket, agent_replies=7)


def change_custom(ticket):
    _touch(ticket, custom={"floor": 3})


def change_version(ticket):
    _touch(ticket, version=6)


def change_time(ticket):
    _touch(ticket, updated_at=ticket.updated_at + timedelta(seconds=1))


def change_key(ticket):
    _touch(ticket, state_key="open#0")


def change_ranged_key(ticket):
    _touch(ticket, state_at="open#2026")


def _touch_event(ticket, version, **values):
    event = ticket_history.find(ticket.ticket_id, version)
    for name, value in values.items():
        setattr(event, name, value)
    event.save()


def change_old_value(ticket):
    _touch_event(ticket, 4, changes={"priority": ["low", "high"], "category": ["hardware", None]})


def change_new_value(ticket):
    _touch_event(ticket, 4, changes={"priority": ["normal", "low"], "category": ["hardware", None]})


def change_state_in_the_middle(ticket):
    event = ticket_history.find(ticket.ticket_id, 3)
    _touch_event(ticket, 3, state={**event.state, "team_id": "support"})


def change_last_state(ticket):
    _touch_event(ticket, 5, state={"status": "solved"})


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (delete_first, "version 5, history has 4 items, [2] to [5]"),
        (delete_middle, "version 5, history has 4 items, [1] to [5]"),
        (delete_last, "version 5, history has 4 items, [1] to [4]"),
        (delete_history, "version 5, history has nothing"),
        (delete_ticket, "5 history items but no ticket"),
        (add_history, "version 5, history has 6 items, [1] to [6]"),
        (change_field, "priority is 'urgent', its history says 'high'"),
        (drop_field, "assignee_id is None"),
        (change_counter, "agent_replies is 7, its history says 1"),
        (change_custom, "custom.floor is 3, its history says None"),
        (change_version, "version 6, history has 5 items"),
        (change_time, "updated_at is"),
        (change_key, "index keys"),
        (change_ranged_key, "index keys"),
        (change_old_value, "priority was 'normal', the change says 'low'"),
        (change_new_value, "priority is 'high', its history says 'low'"),
        (change_state_in_the_middle, "version 3: its reportable state differs"),
        (change_last_state, "version 5: its reportable state differs"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_verify_finds(harness, worked, tamper, words):
    assert harness.violations(worked) == []
    before = harness.services.tickets.audit.verify()
    tamper(worked)
    after = harness.services.tickets.audit.verify()
    about = f"ticket {worked.ticket_id}: "
    assert any(line.startswith(about) and words in line for line in after.shown), after.shown
    assert after.violations > before.violations
    delete_ticket(worked)
    delete_history(worked)


def test_verify_counts(harness, worked):
    report = harness.services.tickets.audit.verify()
    assert report.tickets == sum(1 for _ in ticket_table.all_ids())
    assert report.history_items == sum(1 for _ in ticket_history.everything())
    assert report.violations == 0


def test_verify_keeps_the_words_of_a_hundred_violations(harness, customer):
    stray = history(harness.ticket(customer))[0]
    for number in range(120):
        stray.ticket_id = 10**6 + number
        stray.save()
    report = harness.services.tickets.audit.verify()
    assert (report.violations, len(report.shown)) == (120, 100)
    for number in range(120):
        TicketHistory(10**6 + number, 1).delete()


def test_a_ticket_created_while_verify_reads_is_no_violation(harness, agent, customer, monkeypatch):
    """The walk over the history is done when the ticket appears, the walk over the tickets is not."""
    walk, born = ticket_table.all_ids, []

    def late():
        ticket = harness.ticket(customer)
        born.append(harness.update(agent, ticket, status="open"))
        yield from walk()

    monkeypatch.setattr(ticket_table, "all_ids", late)
    report = harness.services.tickets.audit.verify()
    assert report.shown == []
    assert report.history_items == sum(1 for _ in ticket_history.everything())


def test_a_change_made_while_verify_reads_is_no_violation(harness, agent, worked, monkeypatch):
    """The history was read, then the ticket moved on before it was read."""
    find, moved = ticket_table.find, []

    def moving(ticket_id):
        if ticket_id == worked.ticket_id and not moved:
            moved.append(True)
            harness.update(agent, worked, body="Still warm.", public=False)
        return find(ticket_id)

    monkeypatch.setattr(ticket_table, "find", moving)
    assert harness.services.tickets.audit.verify().shown == []
    assert moved
