"""What becomes of a change made from an older version, and which steps the workflow allows."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.errors import Invalid
from services.tickets import REOPEN_WITHIN, STATUSES, Conflict, FieldConflict, NotAllowedNow
from tests.services.harness import history, kinds

FORM = ("subject", "status", "priority", "category", "team_id", "assignee_id")


@pytest.fixture
def ticket(harness, customer):
    return harness.ticket(customer, category="hardware")


def form(ticket, **chosen):
    """Fill in a form as it was shown, with some fields chosen anew."""
    return {name: getattr(ticket, name) or "" for name in FORM} | chosen


def test_two_forms_that_send_everything_keep_both_changes(harness, agent, colleague, ticket):
    harness.update(agent, ticket, **form(ticket, priority="high", assignee_id=agent.user_id))
    after = harness.update(colleague, ticket, **form(ticket, status="pending", category="software"))
    assert (after.priority, after.assignee_id, after.status, after.category) == (
        "high", agent.user_id, "pending", "software",
    )  # fmt: skip
    assert set(history(ticket)[2].changes) == {"status", "category"}


def test_a_conflict_names_what_was_what_is_and_what_was_submitted(
    harness, agent, colleague, customer, ticket
):
    harness.update(agent, ticket, priority="high", team_id="support", status="open")
    harness.update(customer, ticket, expected_version=2, body="Any news?")
    with pytest.raises(Conflict) as caught:
        harness.update(colleague, ticket, **form(ticket, priority="low", category="software"))
    conflict = caught.value
    assert conflict.field_conflicts == [FieldConflict("priority", "normal", "high", "low")]
    assert (conflict.expected_version, conflict.version) == (1, 3)
    assert (conflict.by, conflict.at) == (agent.user_id, history(ticket)[1].at), (
        "who changed it, not who wrote last"
    )
    assert conflict.submitted_only == {"category": ("hardware", "software")}
    assert conflict.current_only == {"team_id": (None, "support"), "status": ("new", "open")}
    assert kinds(ticket) == ["created", "changed", "replied"]


def test_every_clashing_field_is_named(harness, agent, colleague, ticket):
    harness.update(agent, ticket, priority="high", category="", subject="Toner")
    with pytest.raises(Conflict) as caught:
        harness.update(colleague, ticket, priority="low", category="software", subject="Paper")
    assert [(c.field, c.old, c.current, c.submitted) for c in caught.value.field_conflicts] == [
        ("priority", "normal", "high", "low"),
        ("category", "hardware", None, "software"),
        ("subject", "Printer on fire", "Toner", "Paper"),
    ]


def test_nothing_of_a_clashing_change_is_written(harness, agent, colleague, ticket):
    harness.update(agent, ticket, priority="high")
    with pytest.raises(Conflict):
        harness.update(
            colleague, ticket, priority="low", status="solved", body="Done.", assignee_id=agent.user_id
        )
    assert kinds(ticket) == ["created", "changed"]
    assert harness.services.tickets.assignments.held(ticket.ticket_id) == []


def test_the_same_value_on_both_sides_is_no_conflict(harness, agent, colleague, ticket):
    harness.update(agent, ticket, priority="high", status="open")
    after = harness.update(colleague, ticket, priority="high", status="open")
    assert after.version == 2
    after = harness.update(colleague, ticket, priority="high", category="")
    assert history(after)[-1].changes == {"category": ["hardware", None]}


def test_a_field_changed_and_changed_back_is_no_conflict(harness, agent, colleague, ticket):
    there = harness.update(agent, ticket, priority="high")
    harness.update(agent, there, priority="normal")
    assert harness.update(colleague, ticket, priority="low").priority == "low"


def test_a_field_left_as_it_was_shown_is_no_change(harness, agent, colleague, ticket):
    harness.update(agent, ticket, priority="high")
    after = harness.update(colleague, ticket, **form(ticket, body="Hello."))
    assert after.priority == "high"


def test_a_reply_with_a_stale_status_keeps_the_newer_one(harness, agent, colleague, ticket):
    harness.update(agent, ticket, status="pending")
    after = harness.update(colleague, ticket, status="new", body="A word in between.")
    assert (after.status, kinds(ticket)) == ("pending", ["created", "changed", "replied"])
    with pytest.raises(Conflict):
        harness.update(colleague, ticket, status="solved", body="Solved from an old page.")
    assert len(history(ticket)) == 3


def test_a_note_leaves_the_status_a_reply_opens_a_new_ticket(harness, agent, ticket):
    noted = harness.update(agent, ticket, body="Look at this.", public=False)
    assert noted.status == "new"
    assert harness.update(agent, noted, body="Hello.").status == "open"


def test_a_reply_may_set_the_status_itself(harness, agent, ticket):
    assert harness.update(agent, ticket, body="Which printer?", status="pending").status == "pending"


@pytest.mark.parametrize("expected_version", [2, 99, 10**40])
def test_a_version_that_is_not_reached_yet_is_refused(harness, agent, ticket, expected_version):
    with pytest.raises(Invalid, match="does not exist yet"):
        harness.update(agent, ticket, expected_version=expected_version, priority="low")


@pytest.mark.parametrize("expected_version", [-1, -(10**9)])
def test_before_the_first_version_everything_conflicts(harness, agent, ticket, expected_version):
    with pytest.raises(Conflict):
        harness.update(agent, ticket, expected_version=expected_version, priority="low")


def test_what_is_no_longer_offered_stays_on_old_tickets(harness, agent, customer):
    """An agent saves a form full of values that nobody could choose any more."""
    admin, gone = harness.actor("administrator"), harness.actor("agent")
    catalog = harness.services.catalog
    team = catalog.save(
        now=harness.now(),
        actor=admin,
        kind="team",
        id_=None,
        name="Night shift",
        active=True,
        expected_version=0,
    )
    category = catalog.save(
        now=harness.now(), actor=admin, kind="category", id_=None, name="Fax", active=True, expected_version=0
    )
    old = harness.ticket(customer, category=category.id)
    old = harness.update(agent, old, team_id=team.id, assignee_id=gone.user_id)
    for entry in (team, category):
        catalog.save(
            now=harness.now(),
            actor=admin,
            kind=entry.kind,
            id_=entry.id,
            name=entry.name,
            active=False,
            expected_version=1,
        )
    harness.services.users.accounts.update(now=harness.now(),
        actor=admin, user_id=gone.user_id, expected_version=1, name="Gone", email="", role_id="agent", active=False,
        team_ids=(),
    )  # fmt: skip
    after = harness.update(agent, old, **form(old, priority="high"))
    assert (after.priority, after.team_id, after.category) == ("high", team.id, category.id)
    other = harness.ticket(customer)
    for name, value in (("team_id", team.id), ("category", category.id), ("assignee_id", gone.user_id)):
        with pytest.raises(Invalid) as refused:
            harness.update(agent, other, **{name: value})
        assert name in refused.value.fields


ALLOWED = {
    "new": "open pending on_hold solved closed",
    "open": "pending on_hold solved closed",
    "pending": "open on_hold solved closed",
    "on_hold": "open pending solved closed",
    "solved": "open closed",
    "closed": "open",
}


@pytest.mark.parametrize("was", STATUSES)
def test_the_workflow_decides_what_follows(harness, agent, customer, was):
    assert harness.services.tickets.workflow.allowed(was) == (was, *ALLOWED[was].split())
    for requested in STATUSES:
        ticket = harness.ticket(customer)
        if was != "new":
            ticket = harness.update(agent, ticket, status=was)
        if requested == was or requested in ALLOWED[was].split():
            assert harness.update(agent, ticket, status=requested).status == requested
        else:
            with pytest.raises(NotAllowedNow, match="cannot go from"):
                harness.update(agent, ticket, status=requested, body="With words.")
            assert harness.get(agent, ticket) == ticket


def reply(harness, customer, ticket, now=None, body="It burns again."):
    return harness.services.tickets.service.customer_reply(
        actor=customer, now=now or harness.now(), ticket_id=ticket.ticket_id, body=body
    )


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("new", "new"), ("open", "open"), ("pending", "open"), ("on_hold", "open"), ("solved", "open"),
        ("closed", "open"),
    ],
)  # fmt: skip
def test_a_customers_reply_opens_again(harness, *, agent, customer, ticket, was, becomes):
    if was != "new":
        ticket = harness.update(agent, ticket, status=was)
    after = reply(harness, customer, ticket)
    assert after.status == becomes
    assert after.reopens == (was in ("solved", "closed"))
    assert (after.solved_at, after.closed_at) == (None, None)
    assert kinds(ticket)[-1] == "replied"
    assert harness.violations(ticket) == []


def test_a_closed_ticket_opens_again_for_fourteen_days(harness, agent, customer, ticket):
    ticket = harness.update(agent, ticket, status="closed")
    late = ticket.closed_at + REOPEN_WITHIN
    with pytest.raises(NotAllowedNow, match="Open a new one"):
        reply(harness, customer, ticket, late + timedelta(microseconds=1))
    assert len(history(ticket)) == 2
    assert reply(harness, customer, ticket, late).status == "open"


def test_a_ticket_closed_at_an_unknown_time_stays_closed(harness, customer):
    ticket = replace(harness.ticket(customer), status="closed")
    with pytest.raises(NotAllowedNow):
        harness.services.tickets.workflow.after_customer_reply(ticket, harness.now())


def test_a_customer_solves_their_ticket_once(harness, customer, ticket):
    solve = harness.services.tickets.service.customer_solve
    solved = solve(actor=customer, now=harness.now(), ticket_id=ticket.ticket_id)
    again = solve(actor=customer, now=harness.now(), ticket_id=ticket.ticket_id)
    assert solved == again
    assert (solved.status, kinds(ticket)) == ("solved", ["created", "changed"])


def test_a_requester_who_works_on_the_desk_does_not_answer_themselves(harness, agent, colleague):
    ticket = harness.ticket(agent)
    ticket = harness.update(agent, ticket, body="One more thing.")
    ticket = reply(harness, agent, ticket)
    assert ticket.first_response_at is None
    answered = harness.update(colleague, ticket, body="Here you are.")
    assert answered.first_response_at == answered.updated_at
    assert history(ticket)[-1].state["agent_replies"] == 1


class TestOnce:
    """The same request that arrives twice; the rest is in test_idempotency.py."""

    def test_a_change_made_before_is_not_refused_for_what_happened_since(
        self, harness, agent, colleague, ticket
    ):
        done = harness.update(
            agent, ticket, body="Hello.", priority="high", status="solved", idempotency_key="k7"
        )
        moved = harness.update(colleague, done, priority="low", status="closed")
        again = harness.update(
            agent, ticket, body="Hello.", priority="high", status="solved", idempotency_key="k7"
        )
        assert again == moved
        assert kinds(ticket) == ["created", "replied", "changed"]
