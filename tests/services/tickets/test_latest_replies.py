"""What somebody was told: the latest public replies of agents, from tickets that the reader may see."""

from datetime import timedelta

import pytest

from services.users.identity import PermissionDenied
from tests.services.harness import START


@pytest.fixture(scope="module")
def told(harness, agent):
    """A requester with three tickets: two answered, one with a note and the requester's own message only."""
    requester = harness.actor("customer")
    service, minutes = harness.services.tickets.service, iter(range(1000))

    def write(ticket, actor, body, *, public=True):
        now = START + timedelta(minutes=next(minutes))
        if actor is requester:
            return service.customer_reply(actor=actor, now=now, ticket_id=ticket.ticket_id, body=body)
        return service.update(
            actor=actor, now=now, ticket_id=ticket.ticket_id, expected_version=ticket.version, changes={},
            body=body, public=public,
        )  # fmt: skip

    tickets = [
        service.create(actor=requester, now=START, subject=f"Ticket {number}", body="It hums.")
        for number in (1, 2, 3)
    ]
    service.create(
        actor=agent, now=START, subject="On the phone", body="He calls.", requester_id=requester.user_id
    )
    tickets[0] = write(tickets[0], agent, "First answer")
    tickets[1] = write(tickets[1], agent, "Second answer")
    tickets[1] = write(tickets[1], agent, "Only for colleagues", public=False)
    tickets[2] = write(tickets[2], requester, "Still humming")
    tickets[2] = write(tickets[2], agent, "Nobody outside reads this", public=False)
    write(tickets[0], agent, "Third answer")
    return requester


def latest(harness, actor, requester, most=10):
    return harness.services.tickets.service.latest_replies(actor=actor, user_id=requester.user_id, most=most)


def test_public_replies_of_agents_the_latest_first(harness, agent, told):
    replies = latest(harness, agent, told)
    assert [reply.event.body for reply in replies] == ["Third answer", "Second answer", "First answer"]
    assert replies[0].ticket_id == replies[2].ticket_id != replies[1].ticket_id
    assert [reply.event.body for reply in latest(harness, agent, told, most=1)] == ["Third answer"]


def test_nobody_reads_what_others_were_told(harness, told):
    stranger = harness.actor("customer")
    assert not latest(harness, stranger, told)
    with pytest.raises(PermissionDenied):
        latest(harness, harness.actor("administrator", permissions={}), told)
