"""The access preview: its numbers are those of the lists people would get."""

import itertools
from datetime import timedelta

import pytest

from models.user import User as UserItem
from services.reporting import TicketReader
from services.reporting.visible_tickets import compare
from services.tickets import ListRequest
from services.tickets.permissions import Access
from services.users.identity import SYSTEM, Actor, Permission, PermissionDenied, Scope
from tests.services.conftest import open_harness
from tests.services.harness import START, Harness

P = Permission
TEAMS = (None, "support", "network")
SCOPES = tuple(Scope)


@pytest.fixture(scope="module")
def harness(tables, tmp_path_factory):
    harness = open_harness(tables, tmp_path_factory.mktemp("preview"))
    yield harness
    harness.services.reporting.analytics.close()


@pytest.fixture(scope="module")
def users(harness: Harness) -> list[Actor]:
    """Tickets of every combination of requester, organization and team, and people who see some of them."""
    for name in ("Acme", "Nord"):
        harness.services.users.organizations.save(
            actor=SYSTEM,
            now=START,
            id_=None,
            name=name,
            active=True,
            shares_tickets=name == "Acme",
            expected_version=0,
            domains=[],
        )
    harness.services.users.roles.save(
        actor=SYSTEM,
        now=START,
        role_id="senior",
        name="Senior",
        permissions={P.TICKET_VIEW: Scope.TEAM},
        expected_version=0,
    )
    memberships = (("acme", ["support"]), ("acme", []), ("nord", ["network", "support"]), (None, []))
    people = []
    for number, (organization, teams) in enumerate(memberships):
        UserItem(
            user_id=f"p{number}",
            name=f"P {number}",
            sort_name=f"p {number}",
            email=f"p{number}@x.example",
            role_id="senior",
            team_ids=teams,
            organization_id=organization,
            created_at=START,
        ).save()
        shared = harness.services.users.organizations.shared_by(organization)
        people.append(
            Actor(f"p{number}", f"P {number}", "agent", team_ids=frozenset(teams), organization_id=shared)
        )
    agent = harness.actor("agent")
    requesters = [*(person.user_id for person in people), agent.user_id]
    for count, (requester, team) in enumerate(itertools.product(requesters, TEAMS)):
        for _ in range(1 + count % 2):
            harness.ticket(agent, requester_id=requester, team_id=team)
    harness.services.reporting.analytics.follow(now=harness.now() + timedelta(minutes=5))
    return people


def listed(harness: Harness, person: Actor, scope: Scope) -> set[int]:
    """List what the person's lists hold, own tickets too, which those of an organization may lack."""
    if scope is Scope.NONE:
        return set()
    seen = Actor(**{**vars(person), "permissions": {P.TICKET_VIEW: scope}})
    service, access = harness.services.tickets.service, Access(harness.services.users.roles)
    every = service.page(actor=SYSTEM, request=ListRequest(size=100)).rows
    tickets = [service.get(actor=SYSTEM, ticket_id=row.ticket_id) for row in every]
    return {ticket.ticket_id for ticket in tickets if access.allows(seen, P.TICKET_VIEW, ticket)}


def test_the_numbers_are_those_that_permissions_give(harness, users):
    """For every change of scope, against the one function that decides about a ticket."""
    readers = [TicketReader(person.user_id, person.organization_id, person.team_ids) for person in users]
    sets = {(person.user_id, scope): listed(harness, person, scope) for person in users for scope in SCOPES}
    for before, after in itertools.product(SCOPES, SCOPES):
        change = compare(harness.services.reporting.analytics, readers, before, after)
        gains = {p.user_id: sets[p.user_id, after] - sets[p.user_id, before] for p in users}
        losses = {p.user_id: sets[p.user_id, before] - sets[p.user_id, after] for p in users}
        assert change.gains == {name: len(tickets) for name, tickets in gains.items() if tickets}
        assert change.losses == {name: len(tickets) for name, tickets in losses.items() if tickets}
        assert change.revealed == len(set().union(*gains.values())) == sum(change.by_team.values())
        assert change.hidden == len(set().union(*losses.values()))


def preview(harness, permissions, role_id="senior", actor=SYSTEM):
    return harness.services.reporting.access_preview.of_role(
        actor=actor, role_id=role_id, permissions=permissions
    )


def test_a_preview_says_who_gains_and_loses_what(harness, users):
    result = preview(harness, {P.TICKET_VIEW: Scope.ALL, P.REPORT_VIEW: Scope.ALL})
    assert result.gained == ((P.TICKET_VIEW, Scope.TEAM, Scope.ALL), (P.REPORT_VIEW, Scope.NONE, Scope.ALL))
    assert (result.lost, [user.user_id for user in result.people], result.more) == (
        (),
        ["p0", "p1", "p2", "p3"],
        False,
    )
    assert result.reach.gains.keys() == {"p0", "p1", "p2", "p3"}
    other_width = preview(harness, {P.TICKET_VIEW: Scope.ORGANIZATION})
    change = (P.TICKET_VIEW, Scope.TEAM, Scope.ORGANIZATION)
    assert (other_width.gained, other_width.lost) == ((change,), (change,))
    assert preview(harness, {P.TICKET_VIEW: Scope.TEAM, P.TICKET_NOTE: Scope.TEAM}).reach is None
    assert harness.services.users.roles.read("senior").version == 1, "nothing is written"


def test_a_new_role_concerns_nobody(harness, users):
    result = preview(harness, {P.TICKET_VIEW: Scope.ALL}, role_id=None)
    assert (result.people, result.reach) == ((), None)


def test_who_cannot_sign_in_is_not_counted(harness, users):
    UserItem(
        user_id="out",
        name="O",
        sort_name="o",
        email="o@x.example",
        role_id="senior",
        active=False,
        created_at=START,
    ).save()
    assert "out" not in {user.user_id for user in preview(harness, {}).people}


def test_a_copy_that_is_not_there_hides_no_names(tables, tmp_path, users):
    empty = open_harness(tables, tmp_path)
    result = preview(empty, {P.TICKET_VIEW: Scope.ALL})
    assert len(result.people) == 4
    assert (result.reach, result.uncounted.split(".")[0]) == (
        None,
        "The report data is still being built by the worker",
    )
    with pytest.raises(PermissionDenied):
        preview(empty, {}, actor=empty.actor("manager"))
