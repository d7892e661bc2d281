"""One change to many tickets: each is changed once, refusals are listed, and all of it can be taken back."""

import pytest

from models import job as job_table
from services.errors import Forbidden, Invalid
from services.jobs import JobMoved, State
from services.tickets import Chosen
from services.tickets.bulk import CHANGE, UNDO
from services.users.identity import Permission, Scope
from tests.services.harness import kinds


@pytest.fixture
def change(harness):
    def change(actor, tickets, **changes):
        return harness.services.tickets.bulk.change(
            actor=actor, now=harness.now(), tickets=tickets, changes=changes
        )

    yield change
    for kind in (CHANGE, UNDO):
        for item in list(job_table.running(kind)):
            item.delete()


def finish(harness, job, actor):
    jobs = harness.services.jobs
    while jobs.advance(now=harness.now()):
        pass
    return jobs.get(actor=actor, job_id=job.id)


def chosen(*tickets):
    return [Chosen(ticket.ticket_id, ticket.version) for ticket in tickets]


def test_many_tickets_are_changed_and_refusals_are_listed(harness, change):
    agent, customer = harness.actor("agent"), harness.actor("customer")
    tickets = [harness.ticket(customer) for _ in range(30)]
    same = harness.ticket(agent, requester_id=customer.user_id, priority="high")
    fought_over = harness.ticket(customer)
    harness.update(agent, fought_over, priority="low")
    job = change(agent, [*chosen(*tickets, same, fought_over), Chosen(10**9)], priority="high")
    done = finish(harness, job, agent)
    assert (done.state, done.done, done.failed) == (State.DONE, 31, 2)
    assert {harness.get(agent, ticket).priority for ticket in [*tickets, same]} == {"high"}
    assert harness.get(agent, fought_over).priority == "low"
    results = harness.services.jobs.results(job=done)
    failures = [result for result in results if result.error is not None]
    assert [failure.subject[0] for failure in failures] == [fought_over.ticket_id, 10**9]
    assert kinds(same) == ["created"]


def test_what_a_job_changed_is_taken_back_once(harness, change):
    agent, customer = harness.actor("agent"), harness.actor("customer")
    tickets = [harness.ticket(customer) for _ in range(3)]
    done = finish(harness, change(agent, chosen(*tickets), priority="urgent"), agent)
    later = harness.update(agent, harness.get(agent, tickets[0]), priority="low")
    bulk = harness.services.tickets.bulk
    undone = finish(harness, bulk.undo(actor=agent, now=harness.now(), job=done), agent)
    assert (undone.done, undone.failed) == (2, 1)
    assert [harness.get(agent, ticket).priority for ticket in tickets] == ["low", "normal", "normal"]
    assert bulk.undo(actor=agent, now=harness.now(), job=done).id == undone.id
    assert harness.get(agent, later).version == later.version
    assert [harness.violations(ticket) for ticket in tickets] == [[], [], []]


def test_a_job_is_undone_once_it_has_ended(harness, change):
    agent, customer = harness.actor("agent"), harness.actor("customer")
    job = change(agent, [Chosen(harness.ticket(customer).ticket_id)], priority="urgent")
    bulk, jobs = harness.services.tickets.bulk, harness.services.jobs
    with pytest.raises(JobMoved):
        bulk.undo(actor=agent, now=harness.now(), job=job)
    paused = jobs.pause(actor=agent, now=harness.now(), job_id=job.id)
    with pytest.raises(JobMoved):
        bulk.undo(actor=agent, now=harness.now(), job=paused)
    jobs.resume(actor=agent, now=harness.now(), job_id=job.id)
    done = finish(harness, job, agent)
    administrator = harness.actor("administrator")
    theirs = bulk.undo(actor=administrator, now=harness.now(), job=done)
    assert theirs.owner_id == administrator.user_id
    assert bulk.undo(actor=agent, now=harness.now(), job=done).owner_id == agent.user_id


def test_a_key_starts_one_job(harness):
    agent, ticket = harness.actor("agent"), harness.ticket(harness.actor("customer"))
    bulk = harness.services.tickets.bulk
    sent = {"tickets": chosen(ticket), "changes": {"priority": "high"}, "idempotency_key": "reorganization"}
    first = bulk.change(actor=agent, now=harness.now(), **sent)
    assert bulk.change(actor=agent, now=harness.now(), **sent).id == first.id
    assert bulk.change(actor=harness.actor("agent"), now=harness.now(), **sent).id != first.id
    finish(harness, first, agent)


def test_a_part_that_is_done_again_changes_nothing_twice(harness, change):
    agent, customer = harness.actor("agent"), harness.actor("customer")
    tickets = [harness.ticket(customer) for _ in range(3)]
    job = change(agent, [Chosen(ticket.ticket_id) for ticket in tickets], priority="urgent")
    before = job_table.find(job.kind, job.id)
    finish(harness, job, agent)
    low = harness.update(agent, harness.get(agent, tickets[0]), priority="low")
    before.save()  # as after a kill before the position was stored
    again = finish(harness, job, agent)
    assert again.failed == 0
    assert harness.get(agent, low).priority == "low"
    assert [kinds(ticket) for ticket in tickets[1:]] == [["created", "changed"]] * 2
    # What was written the first time can still be taken back.
    undone = finish(
        harness, harness.services.tickets.bulk.undo(actor=agent, now=harness.now(), job=again), agent
    )
    assert (undone.done, undone.failed) == (2, 1)
    assert [harness.get(agent, ticket).priority for ticket in tickets] == ["low", "normal", "normal"]


@pytest.mark.parametrize(
    "changes",
    [{}, {"status": "opne"}, {"subject": ""}, {"ticket_id": "1"}, {"priority": None}, {"nothing": "x"}],
)
def test_a_change_that_no_ticket_can_take_is_refused_at_once(harness, change, changes):
    agent = harness.actor("agent")
    with pytest.raises(Invalid):
        change(agent, chosen(harness.ticket(agent)), **changes)


def test_whoever_may_not_change_tickets_starts_no_job(harness, change):
    customer = harness.actor("customer", permissions={Permission.TICKET_VIEW: Scope.OWN})
    with pytest.raises(Forbidden):
        change(customer, [Chosen(1)], priority="high")


def test_a_change_takes_what_its_fields_take(harness, change):
    """As for one ticket: fields take ticket:update, a team takes ticket:assign."""
    reading = {Permission.TICKET_VIEW: Scope.ALL}
    assigner = harness.actor("agent", permissions={**reading, Permission.TICKET_ASSIGN: Scope.ALL})
    editor = harness.actor("agent", permissions={**reading, Permission.TICKET_UPDATE: Scope.ALL})
    assert change(assigner, [Chosen(1)], team_id=None).total == 1
    assert change(editor, [Chosen(1)], priority="high").total == 1
    for actor, changes in ((assigner, {"priority": "high"}), (editor, {"team_id": None})):
        with pytest.raises(Forbidden):
            change(actor, [Chosen(1)], **changes)


def test_a_ticket_is_taken_once_however_often_it_is_named(harness, change):
    agent = harness.actor("agent")
    ticket = harness.ticket(agent)
    assert change(agent, chosen(ticket, ticket), priority="high").total == 1
