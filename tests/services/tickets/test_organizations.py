"""Members of an organization share their tickets while it says so, and nobody else ever sees them."""

from dataclasses import replace

import pytest

from services.tickets import TicketNotFound
from services.users.identity import SYSTEM, Actor, Permission, PermissionDenied, Scope
from tests.services.harness import START, Harness


def organization(harness: Harness, name: str, *, shares: bool = True, seen: int = 0, id_: str | None = None):
    return harness.services.users.organizations.save(
        actor=SYSTEM,
        now=harness.now(),
        id_=id_,
        name=name,
        active=True,
        shares_tickets=shares,
        domains=[],
        expected_version=seen,
    )


def member(harness: Harness, of: str, **permissions: Scope) -> Actor:
    """Bring a customer who belongs to an organization, as signed in at this moment."""
    user = harness.services.users.accounts.create(
        actor=SYSTEM, now=START, name="Member", email=f"{next(NUMBERS)}@members.example", role_id="customer",
        organization_id=of, invite=False,
    )  # fmt: skip
    return signed_in(harness, user.user_id)


NUMBERS = iter(range(10_000))


def signed_in(harness: Harness, user_id: str) -> Actor:
    token = harness.services.users.sessions.start(user_id=user_id, now=START)
    return harness.services.users.authentication.actor_for(token=token, now=START)


@pytest.fixture(scope="module")
def acme(harness):
    return organization(harness, "Acme")


@pytest.fixture(scope="module")
def ana(harness, acme):
    return member(harness, acme.id)


@pytest.fixture(scope="module")
def ben(harness, acme):
    return member(harness, acme.id)


def listed(harness: Harness, actor: Actor) -> set[int]:
    page = harness.services.tickets.service.get_tickets_of_organization(actor=actor)
    return {row.ticket_id for row in page.rows}


def own(harness: Harness, actor: Actor) -> set[int]:
    page = harness.services.tickets.service.get_tickets_by_user(actor=actor, user_id=actor.user_id, done=None)
    return {row.ticket_id for row in page.rows}


def test_members_see_and_answer_what_others_asked(harness, ana, ben):
    ticket = harness.ticket(ana)
    assert ticket.organization_id == "acme"
    assert ticket.ticket_id in listed(harness, ben)
    assert ticket.ticket_id not in own(harness, ben)
    assert harness.get(ben, ticket).subject == ticket.subject
    answered = harness.services.tickets.service.customer_reply(
        actor=ben, now=harness.now(), ticket_id=ticket.ticket_id, body="It burns here too"
    )
    assert answered.version == 2
    with pytest.raises(PermissionDenied):
        harness.services.tickets.service.customer_solve(
            actor=ben, now=harness.now(), ticket_id=ticket.ticket_id
        )
    with pytest.raises(PermissionDenied):
        harness.update(ben, answered, priority="urgent")
    assert not harness.violations(ticket)


def test_others_see_nothing_anywhere(harness, ana, customer):
    ticket = harness.ticket(ana)
    strangers = [
        customer,
        member(harness, organization(harness, "Other").id),
        member(harness, organization(harness, "Silent", shares=False).id),
    ]
    tickets = harness.services.tickets.service
    for stranger in strangers:
        with pytest.raises(TicketNotFound):
            harness.get(stranger, ticket)
        with pytest.raises(TicketNotFound):
            tickets.timeline(actor=stranger, ticket_id=ticket.ticket_id)
        with pytest.raises(TicketNotFound):
            tickets.customer_reply(
                actor=stranger, now=harness.now(), ticket_id=ticket.ticket_id, body="Hello"
            )
        with pytest.raises(TicketNotFound):
            harness.update(stranger, ticket, body="Hello")
        assert not own(harness, stranger)
        page = tickets.get_tickets_by_user(actor=stranger, user_id=ana.user_id, done=None)
        assert not page.rows
    with pytest.raises(PermissionDenied):
        listed(harness, customer)
    assert listed(harness, strangers[1]) == set()


def test_sharing_ends_when_it_is_switched_off(harness):
    brief = organization(harness, "Brief")
    asked, other = member(harness, brief.id), member(harness, brief.id)
    ticket = harness.ticket(asked)
    assert harness.get(other, ticket)
    for shares, active in ((False, True), (True, False)):
        brief = harness.services.users.organizations.save(
            actor=SYSTEM, now=harness.now(), id_=brief.id, name="Brief", active=active, shares_tickets=shares,
            domains=[], expected_version=brief.version,
        )  # fmt: skip
        later = signed_in(harness, other.user_id)
        assert later.organization_id is None
        with pytest.raises(TicketNotFound):
            harness.get(later, ticket)
        with pytest.raises(PermissionDenied):
            listed(harness, later)
        assert own(harness, signed_in(harness, asked.user_id)) == {ticket.ticket_id}


def test_a_ticket_stays_where_it_was_asked(harness, ana):
    """Moving a person moves none of their tickets, and brings along none that they asked alone."""
    there, alone = organization(harness, "There"), harness.actor("customer")
    before = harness.ticket(alone)
    person = harness.services.users.accounts.read(actor=SYSTEM, user_id=alone.user_id)

    def move(to: str):
        seen = harness.services.users.accounts.read(actor=SYSTEM, user_id=alone.user_id).version
        return harness.services.users.accounts.update(
            actor=SYSTEM, now=START, user_id=alone.user_id, expected_version=seen, name=person.name, email="",
            role_id="customer", active=True, team_ids=(), organization_id=to,
        )  # fmt: skip

    move(there.id)
    mover, mate = signed_in(harness, alone.user_id), member(harness, there.id)
    within = harness.ticket(mover)
    assert listed(harness, mate) == {within.ticket_id}
    move("acme")
    mover = signed_in(harness, alone.user_id)
    assert own(harness, mover) == {before.ticket_id, within.ticket_id}
    assert listed(harness, mate) == {within.ticket_id}
    assert not listed(harness, mover) & {before.ticket_id, within.ticket_id}


def test_the_reach_of_each_permission_is_its_own(harness, ana, ben):
    """One who sees the organization's tickets and replies to their own alone."""
    ticket = harness.ticket(ana)
    reader = replace(ben, permissions={**ben.permissions, Permission.TICKET_REPLY: Scope.OWN})
    assert harness.get(reader, ticket)
    assert not harness.services.tickets.service.may_answer(actor=reader, ticket=ticket)
    with pytest.raises(PermissionDenied):
        harness.services.tickets.service.customer_reply(
            actor=reader, now=harness.now(), ticket_id=ticket.ticket_id, body="Hello"
        )


def test_somebody_elses_ticket_belongs_where_they_belong(harness, agent, ana):
    assert harness.ticket(agent, requester_id=ana.user_id).organization_id == "acme"
    assert harness.ticket(agent).organization_id is None
