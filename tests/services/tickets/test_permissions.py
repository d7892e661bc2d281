"""Who sees and does what with tickets, whatever the way in."""

import pytest

from services.errors import Forbidden, Invalid
from services.tickets import Condition, Conflict, ListRequest, Op, Sort, TicketNotFound
from services.users.identity import BUILT_IN, Permission, PermissionDenied, Scope, UserNotFound
from tests.services.harness import history, kinds

P = Permission
EVERYTHING = ListRequest(conditions=(), sort=Sort("updated_at", descending=True), size=50)


@pytest.fixture
def stranger(harness):
    return harness.actor("customer")


@pytest.fixture
def worked(harness, agent, customer):
    """A customer's ticket with a public reply that carries changes, a note, and internal changes."""
    ticket = harness.ticket(customer)
    ticket = harness.update(
        agent, ticket, body="We look into it.", assignee_id=agent.user_id, team_id="support"
    )
    ticket = harness.update(agent, ticket, body="The customer is rude.", public=False)
    return harness.update(agent, ticket, priority="low")


class TestCustomer:
    def test_sees_what_was_said_in_public_and_no_change(self, harness, customer, worked):
        ticket, events = harness.services.tickets.service.timeline(actor=customer, ticket_id=worked.ticket_id)
        assert ticket.version == 4
        assert [(e.kind, e.body) for e in events] == [
            ("created", "Smoke comes out of it."),
            ("replied", "We look into it."),
        ]
        assert all(event.changes == {} for event in events)
        assert "rude" not in repr(events)

    def test_agent_sees_everything(self, harness, agent, worked):
        _, events = harness.services.tickets.service.timeline(actor=agent, ticket_id=worked.ticket_id)
        assert [e.kind for e in events] == ["created", "replied", "noted", "changed"]
        assert events[1].changes == {
            "status": ("new", "open"),
            "team_id": (None, "support"),
            "assignee_id": (None, agent.user_id),
        }

    def test_never_meets_anothers_ticket(self, harness, stranger, worked):
        tickets, number = harness.services.tickets.service, worked.ticket_id
        with pytest.raises(TicketNotFound) as hidden:
            tickets.get(actor=stranger, ticket_id=number)
        with pytest.raises(TicketNotFound) as missing:
            tickets.get(actor=stranger, ticket_id=10**9)
        assert hidden.value.message == missing.value.message
        for way in (
            lambda: tickets.timeline(actor=stranger, ticket_id=number),
            lambda: tickets.customer_reply(actor=stranger, now=harness.now(), ticket_id=number, body="Mine"),
            lambda: tickets.customer_solve(actor=stranger, now=harness.now(), ticket_id=number),
            lambda: harness.update(stranger, worked, body="Mine"),
            lambda: harness.update(stranger, worked, expected_version=1, priority="urgent"),
            lambda: harness.update(stranger, worked, body="Mine", public=False),
            lambda: harness.update(stranger, worked),
            lambda: tickets.assign_ticket(
                actor=stranger, now=harness.now(), ticket_id=number, assignee_id=None, expected_version=1
            ),
        ):
            with pytest.raises(TicketNotFound):
                way()
        assert len(history(worked)) == 4

    @pytest.mark.parametrize(
        "conditions",
        [
            (),
            (Condition("state", Op.EQ, "open"),),
            (Condition("team_id", Op.EQ, "support"),),
            (Condition("priority", Op.EQ, "low"),),
            (Condition("status", Op.IN, ["open", "new"]),),
            (Condition("requester_id", Op.NE, "nobody"),),
        ],
    )
    def test_lists_hold_ones_own_tickets_only(self, harness, customer, stranger, conditions):
        own = harness.ticket(stranger, priority="low")
        request = ListRequest(conditions=conditions, sort=EVERYTHING.sort, size=50)
        for actor in (customer, stranger):
            rows = harness.services.tickets.service.page(actor=actor, request=request).rows
            assert {row.requester_id for row in rows} <= {actor.user_id}
        assert own.ticket_id in {
            row.ticket_id
            for row in harness.services.tickets.service.page(actor=stranger, request=EVERYTHING).rows
        }

    def test_asking_for_anothers_list_gives_nothing(self, harness, agent, customer, stranger, worked):
        mine = harness.services.tickets.service.get_tickets_by_user
        assert mine(actor=stranger, user_id=customer.user_id).rows == []
        assert worked.ticket_id in {r.ticket_id for r in mine(actor=agent, user_id=customer.user_id).rows}
        for op, value in ((Op.EQ, customer.user_id), (Op.IN, [customer.user_id, agent.user_id])):
            asked = ListRequest(conditions=(Condition("requester_id", op, value),), sort=EVERYTHING.sort)
            assert harness.services.tickets.service.page(actor=stranger, request=asked).rows == []
        asked = ListRequest(
            conditions=(Condition("assignee_id", Op.EQ, agent.user_id),), sort=EVERYTHING.sort
        )
        assert harness.services.tickets.service.page(actor=stranger, request=asked).rows == []

    def test_anothers_cursor_is_refused(self, harness, agent, customer, stranger):
        for person in (customer, stranger):
            for _ in range(3):
                harness.ticket(person)
        request = ListRequest(conditions=(), sort=EVERYTHING.sort, size=1)
        cursor = harness.services.tickets.service.page(actor=customer, request=request).next_cursor
        assert cursor is not None
        for other in (stranger, agent):
            with pytest.raises(Exception, match="belongs to another list"):
                harness.services.tickets.service.page(
                    actor=other, request=ListRequest((), EVERYTHING.sort, 1, cursor)
                )

    def test_exports_nothing(self, harness, customer, agent):
        for actor in (customer, agent):
            with pytest.raises(PermissionDenied):
                harness.services.tickets.service.iterate(actor=actor, conditions=(), sort=None)

    def test_cannot_note_change_or_assign(self, harness, customer, worked):
        for along in (
            {"body": "Secret", "public": False},
            {"priority": "urgent"},
            {"assignee_id": ""},
            {"body": "Now", "status": "closed"},
        ):
            with pytest.raises(Forbidden):
                harness.update(customer, worked, **along)

    def test_learns_no_internal_value_from_a_refusal(self, harness, customer, worked):
        """A stale change would clash, and a clash names values: the permission is asked first."""
        with pytest.raises(PermissionDenied) as refused:
            harness.update(customer, worked, expected_version=1, priority="urgent", team_id="network")
        assert not isinstance(refused.value, Conflict)

    def test_a_reply_by_the_desks_way_follows_the_customers_rules(self, harness, agent, customer):
        ticket = harness.update(agent, harness.ticket(customer), status="solved")
        after = harness.update(customer, ticket, body="No, it is not.")
        assert (after.status, after.reopens, after.first_response_at) == ("open", 1, None)

    def test_opens_tickets_for_nobody_else_and_assigns_none(self, harness, agent, customer, stranger):
        with pytest.raises(PermissionDenied):
            harness.ticket(customer, requester_id=stranger.user_id)
        with pytest.raises(PermissionDenied):
            harness.ticket(customer, assignee_id=agent.user_id)
        with pytest.raises(PermissionDenied):
            harness.ticket(customer, team_id="support")


class TestAgent:
    def test_is_not_the_requester(self, harness, agent, worked):
        with pytest.raises(PermissionDenied):
            harness.services.tickets.service.customer_reply(
                actor=agent, now=harness.now(), ticket_id=worked.ticket_id, body="As the customer"
            )
        with pytest.raises(PermissionDenied):
            harness.services.tickets.service.customer_solve(
                actor=agent, now=harness.now(), ticket_id=worked.ticket_id
            )

    def test_opens_tickets_for_known_people(self, harness, agent, customer):
        opened = harness.ticket(agent, requester_id=customer.user_id)
        assert opened.requester_id == customer.user_id
        assert harness.get(customer, opened).first_response_at is None
        with pytest.raises(UserNotFound):
            harness.ticket(agent, requester_id="nobody")

    def test_customers_cannot_be_assigned(self, harness, agent, customer, worked):
        for nobody in (customer.user_id, "nobody", "x" * 5000, "\ud800"):
            with pytest.raises(Invalid, match="cannot be assigned"):
                harness.update(agent, worked, assignee_id=nobody)


class TestTeamScope:
    @pytest.fixture
    def member(self, harness):
        permissions = dict.fromkeys(BUILT_IN["agent"][1], Scope.TEAM)
        return harness.actor("agent", teams=["network"], permissions=permissions)

    def test_reaches_the_team_and_ones_own(self, harness, agent, customer, member):
        inside = harness.update(agent, harness.ticket(customer), team_id="network")
        outside = harness.update(agent, harness.ticket(customer), team_id="support")
        own = harness.ticket(member)
        assert harness.update(member, inside, body="Mine.", public=False).version == 3
        for ticket in (outside, harness.ticket(customer)):
            with pytest.raises(TicketNotFound):
                harness.update(member, ticket, status="solved")
        assert harness.get(member, own) == own
        rows = harness.services.tickets.service.page(actor=member, request=EVERYTHING).rows
        assert {row.team_id for row in rows} == {"network"}
        assert inside.ticket_id in {row.ticket_id for row in rows}

    def test_other_teams_cannot_be_asked_for(self, harness, agent, customer, member):
        harness.update(agent, harness.ticket(customer), team_id="support")
        for op, value in ((Op.EQ, "support"), (Op.IN, ["support"]), (Op.NE, "network")):
            request = ListRequest((Condition("team_id", op, value),), EVERYTHING.sort, 50)
            assert harness.services.tickets.service.page(actor=member, request=request).rows == []

    def test_only_sorts_that_the_scope_can_serve_are_offered(self, harness, agent, customer, member):
        harness.update(agent, harness.ticket(customer), team_id="network")
        tickets = harness.services.tickets.service
        offered = tickets.sortable(actor=member, conditions=())
        assert "updated_at" in offered
        for field in offered:
            tickets.page(actor=member, request=ListRequest((), Sort(field, descending=True), 50))

    def test_without_a_team_there_are_ones_own(self, harness):
        member = harness.actor("agent", permissions=dict.fromkeys(BUILT_IN["agent"][1], Scope.TEAM))
        assert harness.services.tickets.service.page(actor=member, request=EVERYTHING).rows == []
        own = harness.ticket(member)
        rows = harness.services.tickets.service.page(actor=member, request=EVERYTHING).rows
        assert [row.ticket_id for row in rows] == [own.ticket_id]

    def test_a_ticket_handed_over_is_gone(self, harness, agent, customer, member):
        ticket = harness.update(agent, harness.ticket(customer), team_id="network")
        harness.update(member, ticket, team_id="support")
        with pytest.raises(TicketNotFound):
            harness.get(member, ticket)

    def test_a_ticket_that_leaves_while_the_form_is_on_its_way(
        self, harness, agent, customer, member, monkeypatch
    ):
        """The permission is asked of the ticket that is written upon, not of an earlier one."""
        ticket = harness.update(agent, harness.ticket(customer), team_id="network")
        rules, asked = harness.services.tickets.service._roles, []
        check = type(rules).allows

        def allows(self, *, actor, permission, **thing):
            if actor is member and permission is P.TICKET_UPDATE and not asked:
                asked.append(True)
                harness.update(agent, ticket, team_id="support")
            return check(self, actor=actor, permission=permission, **thing)

        monkeypatch.setattr(type(rules), "allows", allows)
        with pytest.raises(TicketNotFound):
            harness.update(member, ticket, priority="low")
        assert kinds(ticket) == ["created", "assigned", "assigned"]


class TestCustomRole:
    def test_may_change_but_not_assign(self, harness, agent, customer):
        permissions = {P.TICKET_VIEW: Scope.ALL, P.TICKET_UPDATE: Scope.ALL, P.TICKET_REPLY: Scope.ALL}
        clerk = harness.actor("agent", permissions=permissions)
        ticket = harness.update(agent, harness.ticket(customer), assignee_id=agent.user_id)
        full = {"priority": "high", "assignee_id": agent.user_id, "team_id": "", "status": ticket.status}
        assert harness.update(clerk, ticket, **full).priority == "high"
        with pytest.raises(PermissionDenied):
            harness.update(clerk, ticket, assignee_id="")
        with pytest.raises(PermissionDenied):
            harness.update(clerk, ticket, body="x", public=False)
        _, events = harness.services.tickets.service.timeline(actor=clerk, ticket_id=ticket.ticket_id)
        assert [event.kind for event in events] == ["created"], "notes are for those who may write them"

    def test_may_assign_but_not_change(self, harness, agent, customer):
        clerk = harness.actor("agent", permissions={P.TICKET_VIEW: Scope.ALL, P.TICKET_ASSIGN: Scope.ALL})
        ticket = harness.ticket(customer)
        with pytest.raises(PermissionDenied):
            harness.update(clerk, ticket, assignee_id=agent.user_id, priority="low")
        with pytest.raises(PermissionDenied):
            harness.update(clerk, ticket, body="Hello.")
        assert harness.update(clerk, ticket, assignee_id=agent.user_id).assignee_id == agent.user_id

    def test_without_any_permission_there_is_nothing(self, harness, customer):
        nobody = harness.actor("agent", permissions={})
        ticket = harness.ticket(customer)
        with pytest.raises(TicketNotFound):
            harness.get(nobody, ticket)
        with pytest.raises(PermissionDenied):
            harness.services.tickets.service.page(actor=nobody, request=EVERYTHING)
        with pytest.raises(PermissionDenied):
            harness.ticket(nobody)
