"""Members of an organization share their tickets while it says so, and nobody else ever sees them."""

from dataclasses import replace

import pytest

from services.tickets import TicketNotFound
from services.users.identity import SYSTEM, Actor, Permission, PermissionDenied, Scope
from tests.services.harness import START, House


def organization(house: House, name: str, *, shares: bool = True, seen: int = 0, id_: str | None = None):
    return house.services.organizations.save(
        actor=SYSTEM,
        now=house.now(),
        id_=id_,
        name=name,
        active=True,
        shares_tickets=shares,
        domains=[],
        seen=seen,
    )


def member(house: House, of: str, **permissions: Scope) -> Actor:
    """Bring a customer who belongs to an organization, as signed in at this moment."""
    made = house.services.users.create(
        actor=SYSTEM, now=START, name="Member", email=f"{next(NUMBERS)}@members.example", role_id="customer",
        organization_id=of, invite=False,
    )  # fmt: skip
    return signed_in(house, made.user_id)


NUMBERS = iter(range(10_000))


def signed_in(house: House, user_id: str) -> Actor:
    token = house.services.sessions.start(user_id=user_id, now=START)
    return house.services.authentication.actor_for(token=token, now=START)


@pytest.fixture(scope="module")
def acme(house):
    return organization(house, "Acme")


@pytest.fixture(scope="module")
def ana(house, acme):
    return member(house, acme.id)


@pytest.fixture(scope="module")
def ben(house, acme):
    return member(house, acme.id)


def listed(house: House, actor: Actor) -> set[int]:
    page = house.services.tickets.get_tickets_of_organization(actor=actor)
    return {row.ticket_id for row in page.rows}


def own(house: House, actor: Actor) -> set[int]:
    page = house.services.tickets.get_tickets_by_user(actor=actor, user_id=actor.user_id, done=None)
    return {row.ticket_id for row in page.rows}


def test_members_see_and_answer_what_others_asked(house, ana, ben):
    ticket = house.ticket(ana)
    assert ticket.organization_id == "acme"
    assert ticket.ticket_id in listed(house, ben)
    assert ticket.ticket_id not in own(house, ben)
    assert house.get(ben, ticket).subject == ticket.subject
    answered = house.services.tickets.customer_reply(
        actor=ben, now=house.now(), ticket_id=ticket.ticket_id, body="It burns here too"
    )
    assert answered.version == 2
    with pytest.raises(PermissionDenied):
        house.services.tickets.customer_solve(actor=ben, now=house.now(), ticket_id=ticket.ticket_id)
    with pytest.raises(PermissionDenied):
        house.update(ben, answered, priority="urgent")
    assert not house.violations(ticket)


def test_others_see_nothing_through_any_door(house, ana, customer):
    ticket = house.ticket(ana)
    strangers = [
        customer,
        member(house, organization(house, "Other").id),
        member(house, organization(house, "Silent", shares=False).id),
    ]
    tickets = house.services.tickets
    for stranger in strangers:
        with pytest.raises(TicketNotFound):
            house.get(stranger, ticket)
        with pytest.raises(TicketNotFound):
            tickets.timeline(actor=stranger, ticket_id=ticket.ticket_id)
        with pytest.raises(TicketNotFound):
            tickets.customer_reply(actor=stranger, now=house.now(), ticket_id=ticket.ticket_id, body="Hello")
        with pytest.raises(TicketNotFound):
            house.update(stranger, ticket, body="Hello")
        assert not own(house, stranger)
        page = tickets.get_tickets_by_user(actor=stranger, user_id=ana.user_id, done=None)
        assert not page.rows
    with pytest.raises(PermissionDenied):
        listed(house, customer)
    assert listed(house, strangers[1]) == set()


def test_sharing_ends_when_it_is_switched_off(house):
    made = organization(house, "Brief")
    asked, other = member(house, made.id), member(house, made.id)
    ticket = house.ticket(asked)
    assert house.get(other, ticket)
    for shares, active in ((False, True), (True, False)):
        made = house.services.organizations.save(
            actor=SYSTEM, now=house.now(), id_=made.id, name="Brief", active=active, shares_tickets=shares,
            domains=[], seen=made.version,
        )  # fmt: skip
        later = signed_in(house, other.user_id)
        assert later.organization_id is None
        with pytest.raises(TicketNotFound):
            house.get(later, ticket)
        with pytest.raises(PermissionDenied):
            listed(house, later)
        assert own(house, signed_in(house, asked.user_id)) == {ticket.ticket_id}


def test_a_ticket_stays_where_it_was_asked(house, ana):
    """Moving a person moves none of their tickets, and brings along none that they asked alone."""
    there, alone = organization(house, "There"), house.actor("customer")
    before = house.ticket(alone)
    person = house.services.users.read(actor=SYSTEM, user_id=alone.user_id)

    def move(to: str):
        seen = house.services.users.read(actor=SYSTEM, user_id=alone.user_id).version
        return house.services.users.update(
            actor=SYSTEM, now=START, user_id=alone.user_id, seen=seen, name=person.name, email="",
            role_id="customer", active=True, team_ids=(), organization_id=to,
        )  # fmt: skip

    move(there.id)
    mover, mate = signed_in(house, alone.user_id), member(house, there.id)
    within = house.ticket(mover)
    assert listed(house, mate) == {within.ticket_id}
    move("acme")
    mover = signed_in(house, alone.user_id)
    assert own(house, mover) == {before.ticket_id, within.ticket_id}
    assert listed(house, mate) == {within.ticket_id}
    assert not listed(house, mover) & {before.ticket_id, within.ticket_id}


def test_the_reach_of_each_permission_is_its_own(house, ana, ben):
    """One who sees the organization's tickets and replies to their own alone."""
    ticket = house.ticket(ana)
    reader = replace(ben, permissions={**ben.permissions, Permission.TICKET_REPLY: Scope.OWN})
    assert house.get(reader, ticket)
    assert not house.services.tickets.may_answer(actor=reader, ticket=ticket)
    with pytest.raises(PermissionDenied):
        house.services.tickets.customer_reply(
            actor=reader, now=house.now(), ticket_id=ticket.ticket_id, body="Hello"
        )


def test_somebody_elses_ticket_belongs_where_they_belong(house, agent, ana):
    assert house.ticket(agent, requester_id=ana.user_id).organization_id == "acme"
    assert house.ticket(agent).organization_id is None
