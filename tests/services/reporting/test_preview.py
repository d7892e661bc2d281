"""The access preview: its numbers are those of the lists people would get."""

import itertools
from datetime import timedelta

import pytest

from models.user import User as UserItem
from services.reporting import Seer
from services.reporting.visible_tickets import compare
from services.tickets import ListRequest
from services.tickets.permissions import Access
from services.users.identity import SYSTEM, Actor, Permission, PermissionDenied, Scope
from tests.services.conftest import open_house
from tests.services.harness import START, House

P = Permission
TEAMS = (None, "support", "network")
SCOPES = tuple(Scope)


@pytest.fixture(scope="module")
def house(tables, tmp_path_factory):
    house = open_house(tables, tmp_path_factory.mktemp("preview"))
    yield house
    house.services.analytics.close()


@pytest.fixture(scope="module")
def world(house: House) -> list[Actor]:
    """Tickets of every combination of requester, organization and team, and people who see some of them."""
    for name in ("Acme", "Nord"):
        house.services.organizations.save(
            actor=SYSTEM, now=START, id_=None, name=name, active=True, shares_tickets=name == "Acme", seen=0,
            domains=[],
        )  # fmt: skip
    house.services.roles.save(
        actor=SYSTEM,
        now=START,
        role_id="senior",
        name="Senior",
        permissions={P.TICKET_VIEW: Scope.TEAM},
        seen=0,
    )
    wanted = (("acme", ["support"]), ("acme", []), ("nord", ["network", "support"]), (None, []))
    people = []
    for number, (organization, teams) in enumerate(wanted):
        UserItem(
            user_id=f"p{number}", name=f"P {number}", sort_name=f"p {number}", email=f"p{number}@x.example",
            role_id="senior", team_ids=teams, organization_id=organization, created_at=START,
        ).save()  # fmt: skip
        shared = house.services.organizations.shared_by(organization)
        people.append(
            Actor(f"p{number}", f"P {number}", "agent", team_ids=frozenset(teams), organization_id=shared)
        )
    agent = house.actor("agent")
    requesters = [*(person.user_id for person in people), agent.user_id]
    for count, (requester, team) in enumerate(itertools.product(requesters, TEAMS)):
        for _ in range(1 + count % 2):
            house.ticket(agent, requester_id=requester, team_id=team)
    house.services.analytics.follow(now=house.now() + timedelta(minutes=5))
    return people


def listed(house: House, person: Actor, scope: Scope) -> set[int]:
    """List what the person's lists hold, own tickets too, which those of an organization may lack."""
    if scope is Scope.NONE:
        return set()
    seen = Actor(**{**vars(person), "permissions": {P.TICKET_VIEW: scope}})
    service, access = house.services.tickets, Access(house.services.roles)
    every = service.page(actor=SYSTEM, request=ListRequest(size=100)).rows
    tickets = [service.get(actor=SYSTEM, ticket_id=row.ticket_id) for row in every]
    return {ticket.ticket_id for ticket in tickets if access.allows(seen, P.TICKET_VIEW, ticket)}


def test_the_numbers_are_those_that_permissions_give(house, world):
    """For every change of scope, against the one function that decides about a ticket."""
    seers = [Seer(person.user_id, person.organization_id, person.team_ids) for person in world]
    sets = {(person.user_id, scope): listed(house, person, scope) for person in world for scope in SCOPES}
    for before, after in itertools.product(SCOPES, SCOPES):
        found = compare(house.services.analytics, seers, before, after)
        gains = {p.user_id: sets[p.user_id, after] - sets[p.user_id, before] for p in world}
        losses = {p.user_id: sets[p.user_id, before] - sets[p.user_id, after] for p in world}
        assert found.gains == {name: len(tickets) for name, tickets in gains.items() if tickets}
        assert found.losses == {name: len(tickets) for name, tickets in losses.items() if tickets}
        assert found.revealed == len(set().union(*gains.values())) == sum(found.by_team.values())
        assert found.hidden == len(set().union(*losses.values()))


def preview(house, permissions, role_id="senior", actor=SYSTEM):
    return house.services.access_preview.of_role(actor=actor, role_id=role_id, permissions=permissions)


def test_a_preview_says_who_gains_and_loses_what(house, world):
    found = preview(house, {P.TICKET_VIEW: Scope.ALL, P.REPORT_VIEW: Scope.ALL})
    assert found.gained == ((P.TICKET_VIEW, Scope.TEAM, Scope.ALL), (P.REPORT_VIEW, Scope.NONE, Scope.ALL))
    assert (found.lost, [user.user_id for user in found.people], found.more) == (
        (),
        ["p0", "p1", "p2", "p3"],
        False,
    )
    assert found.reach.gains.keys() == {"p0", "p1", "p2", "p3"}
    other_width = preview(house, {P.TICKET_VIEW: Scope.ORGANIZATION})
    change = (P.TICKET_VIEW, Scope.TEAM, Scope.ORGANIZATION)
    assert (other_width.gained, other_width.lost) == ((change,), (change,))
    assert preview(house, {P.TICKET_VIEW: Scope.TEAM, P.TICKET_NOTE: Scope.TEAM}).reach is None
    assert house.services.roles.read("senior").version == 1, "nothing is written"


def test_a_new_role_concerns_nobody(house, world):
    found = preview(house, {P.TICKET_VIEW: Scope.ALL}, role_id=None)
    assert (found.people, found.reach) == ((), None)


def test_who_cannot_sign_in_is_not_counted(house, world):
    UserItem(user_id="out", name="O", sort_name="o", email="o@x.example", role_id="senior", active=False,
             created_at=START).save()  # fmt: skip
    assert "out" not in {user.user_id for user in preview(house, {}).people}


def test_a_copy_that_is_not_there_hides_no_names(tables, tmp_path, world):
    empty = open_house(tables, tmp_path)
    found = preview(empty, {P.TICKET_VIEW: Scope.ALL})
    assert len(found.people) == 4
    assert (found.reach, found.uncounted[:28]) == (None, "The report data is not built")
    with pytest.raises(PermissionDenied):
        preview(empty, {}, actor=empty.actor("manager"))
