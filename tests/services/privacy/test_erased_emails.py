"""An erasure reaches the emails about tickets: those that wait, those that failed, and the answers to replies."""

import pytest

from models import outbox as outbox_table
from models import user as user_table
from services.tickets import Ticket
from services.users.identity import Actor
from tests.services.harness import Harness
from tests.services.privacy.test_erasure import erase, left, named


@pytest.fixture(scope="module")
def administrator(harness: Harness) -> Actor:
    return harness.actor("administrator")


def asked_and_answered(harness: Harness, who: Actor, agent: Actor) -> Ticket:
    return harness.update(agent, harness.ticket(who, subject="Heronsgate"), body="Dear Kit Heronsgate")


def test_what_waits_and_what_failed_is_dropped(harness, tables, agent, administrator):
    who, other = named(harness, "Kit Heronsgate"), named(harness, "Lou Otherwise")
    ticket, others = asked_and_answered(harness, who, agent), asked_and_answered(harness, other, agent)
    outbox = harness.services.outbox
    outbox.put(
        "reply_answer",
        {"email": who.email, "ticket_id": ticket.ticket_id, "message_id": ""},
        now=harness.now(),
    )
    first = next(item for item in outbox_table.waiting(10) if item.payload.get("user_id") == who.user_id)
    outbox_table.give_up(first, at=harness.now(), error="refused")
    erase(harness, administrator, who)
    assert {item.payload["ticket_id"] for item in outbox_table.everything()} == {others.ticket_id}
    assert left(harness, tables, who) == []


def test_an_email_written_after_the_erasure_goes_nowhere(harness, agent, administrator):
    who = named(harness, "Kim Latecomer")
    ticket = asked_and_answered(harness, who, agent)
    erase(harness, administrator, who)
    harness.update(agent, harness.get(agent, ticket), body="One more thing")
    folder = harness.services.notifications.ticket_emails._mailer.folder
    while harness.services.outbox.deliver_due(now=harness.now()):
        pass
    assert user_table.find(who.user_id).email is None
    assert list(folder.glob(f"ticket-{ticket.ticket_id}-*")) == []
