"""What the requester of a ticket is told by email, through a real mail server."""

from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest

from models import outbox as outbox_table
from models import user as user_table
from services.bootstrap import build_services
from services.outbox import CLAIM
from services.tickets import ImportedEvent, ImportedTicket
from tests.services.harness import START, Harness, options

LATER = START + timedelta(days=1)


@pytest.fixture(scope="module")
def desk(sending):
    return sending(base_url="https://help.example.org")


@pytest.fixture(autouse=True)
def nothing_waits(inbox, tables):
    yield
    inbox.taken.clear()
    for item in outbox_table.everything():
        outbox_table.done(item)


@pytest.fixture(scope="module")
def agent(desk):
    return desk.actor("agent")


@pytest.fixture(scope="module")
def marta(desk):
    """Bring a customer with an address."""
    return with_address(desk.actor("customer"), "marta@example.org")


def with_address(actor, email):
    user_table.update(actor.user_id, email=email)
    return actor


def arrived(desk, inbox):
    """Deliver what is due, and return what has arrived since the last time."""
    desk.services.outbox.deliver_due(now=LATER)
    messages = [message for _, message in inbox.taken]
    inbox.taken.clear()
    return messages


def text(message):
    return message.get_content().replace("\r\n", "\n")


def solve(desk, by, ticket, **along):
    return desk.update(by, ticket, status="solved", **along)


def test_received_answered_and_solved_are_three_emails_in_one_thread(desk, inbox, agent, marta):
    ticket = desk.ticket(marta, subject="Printer on fire")
    replied = desk.update(agent, ticket, body="Pull the plug.\n\n  Then wait.")
    solve(desk, agent, replied)
    first, second, third = arrived(desk, inbox)
    number = ticket.ticket_id
    assert [message["To"] for message in (first, second, third)] == ["marta@example.org"] * 3
    assert {message["Subject"] for message in (first, second, third)} == {f"[#{number}] Printer on fire"}
    assert first["In-Reply-To"] is first["References"] is None
    for message in (second, third):
        assert message["In-Reply-To"] == message["References"] == first["Message-ID"]
    assert len({message["Message-ID"] for message in (first, second, third)}) == 3
    assert "we have received your request" in text(first)
    assert f"{agent.name} has answered your request #{number}" in text(second)
    assert "Pull the plug.\n\n  Then wait.\n" in text(second)
    assert f"{agent.name} has marked your request #{number} as solved." in text(third)
    for message in (first, second, third):
        assert f"\nhttps://help.example.org/help/tickets/{number}\n" in text(message)
        assert "Replies are not read" in text(message)
        assert message["Auto-Submitted"] == "auto-generated"
        assert message.get_content_type() == "text/plain"


def test_a_reply_that_solves_is_one_email(desk, inbox, agent, marta):
    ticket = desk.ticket(marta)
    arrived(desk, inbox)
    solve(desk, agent, ticket, body="Done.")
    (message,) = arrived(desk, inbox)
    assert "has answered your request" in text(message)
    assert "and marked it as solved:\n\nDone.\n" in text(message)
    assert "within 14 days" in text(message)


def test_what_the_requester_does_sends_a_confirmation_of_the_ticket_alone(desk, inbox, marta):
    ticket = desk.ticket(marta)
    service = desk.services.tickets.service
    service.customer_reply(actor=marta, now=desk.now(), ticket_id=ticket.ticket_id, body="It still burns.")
    service.customer_solve(actor=marta, now=desk.now(), ticket_id=ticket.ticket_id)
    (message,) = arrived(desk, inbox)
    assert "we have received" in text(message)


def test_an_agent_who_asks_answers_and_solves_for_themselves_is_told_once(desk, inbox):
    agent = with_address(desk.actor("agent"), "ben@example.org")
    ticket = desk.ticket(agent)
    solve(desk, agent, ticket, body="Found it myself.")
    (message,) = arrived(desk, inbox)
    assert "we have received" in text(message)


@pytest.mark.parametrize(
    "changes",
    [
        {"priority": "high"},
        {"body": "For us.", "public": False},
        {"status": "pending"},
        {"team_id": "network"},
    ],
)
def test_other_changes_are_not_told(desk, inbox, agent, marta, changes):
    ticket = desk.ticket(marta)
    arrived(desk, inbox)
    desk.update(agent, ticket, **changes)
    assert arrived(desk, inbox) == []


def test_closing_what_was_solved_and_undoing_are_not_told(desk, inbox, agent, marta):
    ticket = solve(desk, agent, desk.ticket(marta))
    closed = desk.update(agent, ticket, status="closed")
    assert len(arrived(desk, inbox)) == 2
    service = desk.services.tickets.service
    service.undo(actor=agent, now=desk.now(), ticket_id=ticket.ticket_id, version=closed.version)
    assert arrived(desk, inbox) == []


def test_a_note_with_a_solve_tells_of_the_solve_and_keeps_the_note(desk, inbox, agent, marta):
    ticket = desk.ticket(marta)
    arrived(desk, inbox)
    solve(desk, agent, ticket, body="He forgot the plug again.", public=False)
    (message,) = arrived(desk, inbox)
    assert "as solved." in text(message)
    assert "plug" not in text(message)


def test_a_solve_that_was_undone_before_it_was_told_is_not(desk, inbox, agent, marta):
    ticket = desk.ticket(marta)
    arrived(desk, inbox)
    solved = solve(desk, agent, ticket)
    service = desk.services.tickets.service
    service.undo(actor=agent, now=desk.now(), ticket_id=ticket.ticket_id, version=solved.version)
    assert arrived(desk, inbox) == []


def test_a_request_sent_twice_is_one_email(desk, inbox, agent, marta):
    tickets = [desk.ticket(marta, idempotency_key="form") for _ in range(2)]
    for _ in range(2):
        desk.update(agent, tickets[0], body="Once.", idempotency_key="answer")
    assert len(arrived(desk, inbox)) == 2


def test_the_email_is_written_in_the_transaction_of_the_change(desk, agent, marta):
    ticket = desk.ticket(marta)
    with pytest.raises(Exception, match="version that does not exist"):
        desk.update(agent, ticket, expected_version=9, body="Too late.", priority="high")
    (entry,) = outbox_table.everything()
    assert entry.payload == {"user_id": marta.user_id, "ticket_id": ticket.ticket_id, "version": 1}


def test_what_waits_holds_no_words_and_an_erasure_reaches_it(desk, inbox, agent, marta):
    ticket = desk.ticket(marta, subject="Secret", body="Secret")
    desk.update(agent, ticket, body="Secret")
    assert "Secret" not in str([item.payload for item in outbox_table.everything()])
    user_table.update(marta.user_id, email=None)
    try:
        assert arrived(desk, inbox) == []
    finally:
        with_address(marta, "marta@example.org")


def test_the_same_email_after_a_restart_has_the_same_id(desk, inbox, agent, marta, monkeypatch):
    """The server took it, and the worker was killed before it knew."""
    desk.ticket(marta)
    killed = Event()

    def kill(_item):
        killed.set()
        raise KeyboardInterrupt

    monkeypatch.setattr(outbox_table, "done", kill)
    with pytest.raises(KeyboardInterrupt):
        desk.services.outbox.deliver_due(now=LATER)
    monkeypatch.undo()
    assert killed.is_set()
    desk.services.outbox.deliver_due(now=LATER + CLAIM)
    first, again = (message for _, message in inbox.taken)
    assert first["Message-ID"] == again["Message-ID"]
    assert text(first) == text(again)
    assert outbox_table.everything() == []


def imported(desk, ref):
    """Import a ticket of somebody who has no address, and return it."""
    values = {
        "subject": "Old",
        "status": "open",
        "priority": "low",
        "requester_id": f"caller-{ref}",
        "channel": "web",
    }
    event = ImportedEvent(START, f"caller-{ref}", "customer", "created", values, True, "Old request")
    desk.services.tickets.importer.run(
        source="old",
        tickets=[ImportedTicket(ref=ref, events=[event], people={f"caller-{ref}": ("Cal Ler", "customer")})],
        clock=lambda: START,
        reject=lambda _line, reason: pytest.fail(reason),
    )
    (number,) = [n for n, source in desk.services.tickets.importer.origins().items() if source == "old"]
    return number


def test_an_import_tells_nobody_and_people_without_an_address_get_nothing(desk, inbox, agent):
    number = imported(desk, "1")
    assert outbox_table.everything() == []
    ticket = desk.services.tickets.service.get(actor=agent, ticket_id=number)
    solve(desk, agent, ticket, body="Are you still there?")
    assert arrived(desk, inbox) == []
    assert outbox_table.everything() == []


def test_a_conversation_that_began_before_emails_is_one_thread_too(desk, inbox, agent, marta):
    ticket = desk.ticket(marta)
    (entry,) = outbox_table.everything()
    outbox_table.done(entry)
    solve(desk, agent, desk.update(agent, ticket, body="Hello"))
    second, third = arrived(desk, inbox)
    assert second["References"] == third["References"]
    assert second["References"] is not None


def test_suspended_people_get_nothing(desk, inbox, agent):
    customer = with_address(desk.actor("customer"), "sus@example.org")
    ticket = desk.ticket(customer)
    user_table.update(customer.user_id, active=False)
    desk.update(agent, ticket, body="Hello?")
    assert arrived(desk, inbox) == []


def test_they_can_be_switched_off(desk, tables, tmp_path, agent, marta):
    silent = Harness(build_services(replace(options(tables, tmp_path), customer_emails=False)))
    silent.update(agent, silent.ticket(marta), body="Hello")
    assert outbox_table.everything() == []
    why = silent.services.notifications.ticket_emails.why_none
    assert "switched off" in why(actor=agent, requester=silent.services.users.accounts.get(marta.user_id))


def test_why_no_email_would_leave_is_said(desk, agent, marta):
    accounts, why = desk.services.users.accounts, desk.services.notifications.ticket_emails.why_none
    assert why(actor=agent, requester=accounts.get(marta.user_id)) == ""
    assert "your own" in why(actor=marta, requester=accounts.get(marta.user_id))
    assert "no account" in why(actor=agent, requester=None)
    nobody = desk.actor("customer")
    assert why(actor=agent, requester=accounts.get(nobody.user_id)) == (
        f"{nobody.name} has no email address: no email is sent."
    )
    user_table.update(nobody.user_id, email="n@example.org", active=False)
    assert "suspended" in why(actor=agent, requester=accounts.get(nobody.user_id, fresh=True))
