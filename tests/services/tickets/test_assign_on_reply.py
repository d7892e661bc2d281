"""A ticket that nobody has becomes the ticket of the agent who replies to it."""

from dataclasses import replace

import pytest

from services.bootstrap import build_services
from services.users.identity import BUILT_IN, Permission
from tests.services.harness import Harness, options


def test_a_public_reply_assigns_it_with_the_same_change(harness, agent, customer):
    ticket = harness.ticket(customer)
    replied = harness.update(agent, ticket, body="Looking at it.")
    assert (replied.version, replied.assignee_id, replied.status) == (2, agent.user_id, "open")
    assert replied.wrote == {"assignee_id", "status"}
    assert harness.services.tickets.assignments.held(ticket.ticket_id) == [(agent.user_id, None)]
    assert harness.violations(replied) == []


def test_so_does_one_that_solves(harness, agent, customer):
    solved = harness.update(agent, harness.ticket(customer), body="Done.", status="solved")
    assert (solved.version, solved.assignee_id, solved.status) == (2, agent.user_id, "solved")


def test_undoing_the_reply_gives_it_back(harness, agent, customer):
    replied = harness.update(agent, harness.ticket(customer), body="Looking at it.")
    undone = harness.services.tickets.service.undo(
        actor=agent, now=harness.now(), ticket_id=replied.ticket_id, version=replied.version
    )
    assert (undone.assignee_id, undone.status) == (None, "new")


def test_a_colleagues_ticket_stays_theirs_also_when_they_took_it_meanwhile(
    harness, agent, colleague, customer
):
    ticket = harness.ticket(customer)
    harness.update(colleague, ticket, body="Mine.")
    second = harness.update(agent, ticket, expected_version=1, body="Me too.")
    assert second.assignee_id == colleague.user_id


@pytest.mark.parametrize("chosen", ["colleague", None])
def test_what_was_chosen_with_the_reply_stands(harness, agent, colleague, customer, chosen):
    ticket = harness.ticket(customer)
    assignee = colleague.user_id if chosen else None
    replied = harness.update(agent, ticket, body="For you.", assignee_id=assignee)
    assert replied.assignee_id == assignee


def test_notes_and_other_changes_assign_nothing(harness, agent, customer):
    ticket = harness.update(agent, harness.ticket(customer), body="Hm.", public=False)
    ticket = harness.update(agent, ticket, priority="high")
    assert ticket.assignee_id is None


def test_neither_do_customers_nor_agents_who_ask_for_themselves(harness, agent, customer):
    ticket = harness.ticket(customer)
    service = harness.services.tickets.service
    service.customer_reply(actor=customer, now=harness.now(), ticket_id=ticket.ticket_id, body="Hello?")
    assert harness.get(agent, ticket).assignee_id is None
    assert harness.update(agent, harness.ticket(agent), body="Found it.").assignee_id is None


def test_who_cannot_hold_tickets_replies_without_it(harness, customer):
    permissions = {**BUILT_IN["agent"][1]}
    del permissions[Permission.TICKET_UPDATE]
    harness.services.users.roles.save(
        actor=harness.actor("administrator"),
        now=harness.now(),
        role_id="helper",
        name="Helper",
        permissions=permissions,
        expected_version=0,
    )
    helper = harness.actor("helper", permissions=permissions)
    assert harness.update(helper, harness.ticket(customer), body="Hello").assignee_id is None


def test_it_can_be_switched_off(harness, tables, tmp_path, agent, customer):
    silent = Harness(build_services(replace(options(tables, tmp_path), assign_on_reply=False)))
    replied = silent.update(agent, harness.ticket(customer), body="Looking at it.")
    assert (replied.assignee_id, replied.status) == (None, "open")
