"""Responses that get lost: every write happens once or not at all, and users are told which."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import ledger
from services.errors import Unavailable
from services.tickets import Conflict, TooBusy
from tests.faults.fault_kinds import (
    cancel,
    conflict,
    fail,
    fail_after,
    forget_token,
    garble,
    hold_answer,
    hold_request,
    lose_answer,
    lose_answer_and_token,
    lose_request,
    throttle,
    through,
)
from tests.services.harness import START, history, kinds

ATTEMPTS = 4  # of the client, before it gives up


def reply(harness, agent, customer, ticket):
    return harness.update(agent, ticket, body="Hello.")


def note(harness, agent, customer, ticket):
    return harness.update(agent, ticket, body="Hm.", public=False, priority="low")


def change(harness, agent, customer, ticket):
    return harness.update(agent, ticket, status="pending", subject="Toner")


def assign(harness, agent, customer, ticket):
    return harness.services.tickets.service.assign_ticket(
        actor=agent,
        now=harness.now(),
        ticket_id=ticket.ticket_id,
        assignee_id=agent.user_id,
        expected_version=ticket.version,
    )


def answer(harness, agent, customer, ticket):
    return harness.services.tickets.service.customer_reply(
        actor=customer, now=harness.now(), ticket_id=ticket.ticket_id, body="Any news?"
    )


def solve(harness, agent, customer, ticket):
    return harness.services.tickets.service.customer_solve(
        actor=customer, now=harness.now(), ticket_id=ticket.ticket_id
    )


WRITES = [reply, note, change, assign, answer, solve]
# What may happen to one request, and the write still succeeds.
HARMLESS = {
    "answer lost": [lose_answer],
    "request lost": [lose_request],
    "answer held": [hold_answer],
    "answer garbled": [garble],
    "failed": [fail],
    "failed after": [fail_after],
    "throttled": [throttle],
    "conflict": [cancel("TransactionConflict")],
    "conflicts": [cancel("TransactionConflict", 1), cancel("TransactionConflict")],
    "lost and forgotten": [lose_answer_and_token, forget_token],
    "every answer lost": [lose_answer] * ATTEMPTS,
    "every answer failed after": [fail_after] * ATTEMPTS,
    "every answer garbled": [garble] * ATTEMPTS,
    "one of all": [lose_request, fail, lose_answer, lose_answer],
}
HOPELESS = {
    "requests lost": [lose_request] * ATTEMPTS,
    "failures": [fail] * ATTEMPTS,
    "throttled": [throttle] * ATTEMPTS,
    "throttled inside": [cancel("ThrottlingError")],
    "over capacity": [cancel("ProvisionedThroughputExceeded", 1)],
}


@pytest.fixture
def ticket(harness, customer):
    return harness.ticket(customer)


@pytest.mark.parametrize("acts", HARMLESS.values(), ids=HARMLESS)
@pytest.mark.parametrize("write", WRITES)
def test_a_write_happens_once(harness, proxy, *, agent, customer, ticket, write, acts):
    proxy.play(*acts)
    after = write(harness, agent, customer, ticket)
    assert not proxy._scripts["TransactWriteItems"], "all of it happened"
    assert after.version == 2
    assert harness.get(agent, ticket) == after
    assert len(history(ticket)) == 2
    assignment_periods = [(agent.user_id, None)] if write is assign else []
    assert harness.services.tickets.assignments.held(ticket.ticket_id) == assignment_periods


@pytest.mark.parametrize("acts", HOPELESS.values(), ids=HOPELESS)
@pytest.mark.parametrize("write", [reply, assign, answer])
def test_a_write_that_cannot_happen_is_reported_and_leaves_nothing(
    harness, proxy, *, agent, customer, ticket, write, acts
):
    proxy.play(*acts)
    with pytest.raises(Unavailable):
        write(harness, agent, customer, ticket)
    assert harness.get(agent, ticket) == ticket
    assert kinds(ticket) == ["created"]
    assert harness.services.tickets.assignments.held(ticket.ticket_id) == []


@pytest.mark.parametrize("idempotency_key", [None, "form"])
@pytest.mark.parametrize("acts", HARMLESS.values(), ids=HARMLESS)
def test_a_ticket_is_created_once(harness, proxy, agent, acts, idempotency_key):
    customer = harness.actor("customer")
    proxy.play(*acts)
    ticket = harness.ticket(customer, assignee_id=None, idempotency_key=idempotency_key)
    rows = harness.services.tickets.service.get_tickets_by_user(actor=customer, user_id=customer.user_id).rows
    assert [row.ticket_id for row in rows] == [ticket.ticket_id]
    assert kinds(ticket) == ["created"]


@pytest.mark.parametrize("acts", HOPELESS.values(), ids=HOPELESS)
def test_a_ticket_that_cannot_be_created_is_not_there(harness, proxy, acts):
    customer = harness.actor("customer")
    proxy.play(*acts)
    with pytest.raises(Unavailable):
        harness.ticket(customer, idempotency_key="form")
    mine = harness.services.tickets.service.get_tickets_by_user
    assert mine(actor=customer, user_id=customer.user_id).rows == []
    ticket = harness.ticket(customer, idempotency_key="form")
    assert [row.ticket_id for row in mine(actor=customer, user_id=customer.user_id).rows] == [
        ticket.ticket_id
    ]


def test_the_counter_may_skip_a_number_but_gives_none_twice(harness, proxy, customer):
    first = harness.ticket(customer)
    proxy.play(lose_answer, operation="UpdateItem")
    assert harness.ticket(customer).ticket_id > first.ticket_id
    proxy.play(*[lose_request] * ATTEMPTS, operation="UpdateItem")
    with pytest.raises(Unavailable):
        harness.ticket(customer)


@pytest.mark.parametrize("times", [1, ATTEMPTS - 1])
def test_a_number_that_a_transaction_holds_is_given_a_moment_later(harness, proxy, customer, times):
    """An import reserves numbers in transactions; opening a ticket meanwhile still works."""
    proxy.play(*[conflict] * times, operation="UpdateItem")
    ticket = harness.ticket(customer)
    assert proxy.seen.count("UpdateItem") == times + 1
    assert kinds(ticket) == ["created"]


def test_a_conflict_that_does_not_end_is_reported(harness, proxy, customer):
    proxy.play(*[conflict] * ATTEMPTS, operation="UpdateItem")
    with pytest.raises(Unavailable):
        harness.ticket(customer)
    assert not proxy._scripts["UpdateItem"]


def test_reads_that_fail_are_reported(harness, proxy, agent, ticket):
    for operation, read in (
        ("GetItem", lambda: harness.get(agent, ticket)),
        ("Query", lambda: harness.services.tickets.service.timeline(actor=agent, ticket_id=ticket.ticket_id)),
        ("GetItem", lambda: harness.update(agent, ticket, priority="low")),
    ):
        proxy.play(*[lose_request] * ATTEMPTS, operation=operation)
        with pytest.raises(Unavailable):
            read()
    assert kinds(ticket) == ["created"]


class TestNoAnswerAtAll:
    """Neither the write nor the read that checks it gets a response: the user must send it again."""

    def test_written_but_unknown(self, harness, proxy, agent, ticket):
        proxy.play(*[lose_answer] * ATTEMPTS)
        proxy.play(through, *[lose_request] * ATTEMPTS, operation="GetItem")  # the ticket, then the check
        with pytest.raises(Unavailable):
            harness.update(agent, ticket, body="Hello.", priority="low", idempotency_key="form")
        assert kinds(ticket) == ["created", "replied"]
        again = harness.update(agent, ticket, body="Hello.", priority="low", idempotency_key="form")
        assert again.version == 2
        assert kinds(ticket) == ["created", "replied"]

    def test_written_but_unknown_without_words(self, harness, proxy, agent, ticket):
        proxy.play(*[lose_answer] * ATTEMPTS)
        proxy.play(through, *[lose_request] * ATTEMPTS, operation="GetItem")
        with pytest.raises(Unavailable):
            harness.update(agent, ticket, priority="low")
        assert harness.update(agent, ticket, priority="low").version == 2
        assert kinds(ticket) == ["created", "changed"]

    def test_a_ticket_written_but_unknown(self, harness, proxy, customer):
        proxy.play(*[lose_answer] * ATTEMPTS)
        proxy.play(*[lose_request] * ATTEMPTS, operation="GetItem")
        with pytest.raises(Unavailable):
            harness.ticket(customer, idempotency_key="lost")
        ticket = harness.ticket(customer, idempotency_key="lost")
        assert harness.ticket(customer, idempotency_key="lost") == ticket
        proxy.play(*[lose_request] * ATTEMPTS, operation="GetItem")
        with pytest.raises(Unavailable):
            harness.ticket(customer, idempotency_key="lost")

    def test_a_request_that_arrives_late(self, harness, proxy, agent, ticket):
        """The engine gets the request, several times, after the product has given up."""
        proxy.play(*[hold_request] * ATTEMPTS)
        with pytest.raises(Unavailable):
            harness.update(agent, ticket, body="Hello.", idempotency_key="form")
        assert kinds(ticket) == ["created"]
        assert [answer.status for answer in proxy.release()] == [200] * ATTEMPTS
        assert kinds(ticket) == ["created", "replied"]
        assert harness.update(agent, ticket, body="Hello.", idempotency_key="form").version == 2
        assert kinds(ticket) == ["created", "replied"]

    def test_a_request_that_arrives_too_late(self, harness, proxy, agent, customer, ticket):
        """Somebody else wrote meanwhile: the old request meets another version and does nothing."""
        proxy.play(*[hold_request] * ATTEMPTS)
        with pytest.raises(Unavailable):
            harness.update(agent, ticket, status="solved")
        moved = answer(harness, agent, customer, ticket)
        assert [answer.status for answer in proxy.release()] == [400] * ATTEMPTS
        assert harness.get(agent, ticket) == moved
        assert harness.violations(ticket) == []


class TestTheTestsCanFail:
    """Two protections cover a lost response, and one is enough; without both a reply is written twice."""

    def test_without_tokens(self, harness, proxy, agent, ticket):
        proxy.play(lose_answer_and_token, forget_token)
        harness.update(agent, ticket, body="Hello.")
        assert kinds(ticket) == ["created", "replied"]

    def test_without_reading_back(self, harness, proxy, agent, ticket, monkeypatch):
        monkeypatch.setattr(ledger, "_is_ours", lambda _: False)
        proxy.play(lose_answer)
        harness.update(agent, ticket, body="Hello.")
        assert kinds(ticket) == ["created", "replied"]

    def test_without_both(self, harness, proxy, agent, ticket, monkeypatch):
        monkeypatch.setattr(ledger, "_is_ours", lambda _: False)
        proxy.play(lose_answer_and_token, forget_token)
        harness.update(agent, ticket, body="Hello.")
        assert kinds(ticket) == ["created", "replied", "replied"]


ACTS = [
    through, lose_answer, lose_request, fail, fail_after, throttle, garble, lose_answer_and_token,
    forget_token, cancel("TransactionConflict"), cancel("ThrottlingError"),
]  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    writing=st.lists(st.sampled_from(ACTS), max_size=10),
    reading=st.lists(st.sampled_from([through, lose_answer, lose_request, fail]), max_size=8),
    writes=st.lists(st.sampled_from(["reply", "change", "answer"]), min_size=1, max_size=3),
)
def test_whatever_happens(harness, proxy, *, agent, customer, writing, reading, writes):
    """An acknowledged write is stored once; any other is stored once or not at all."""
    proxy.play()
    proxy.play(operation="GetItem")
    ticket = harness.ticket(customer)
    said, unsure = [], []
    proxy.play(*writing)
    proxy.play(*reading, operation="GetItem")
    for number, write in enumerate(writes):
        words = f"word {number}"
        try:
            if write == "answer":
                harness.services.tickets.service.customer_reply(
                    actor=customer, now=harness.now(), ticket_id=ticket.ticket_id, body=words
                )
            else:
                along = {"priority": ("low", "high", "urgent")[number]} if write == "change" else {}
                harness.update(agent, ticket, body=words, **along)
            said.append(words)
        except Unavailable:
            unsure.append(words)
        except (Conflict, TooBusy):
            assert write == "change"
    proxy.play()
    proxy.play(operation="GetItem")
    bodies = [event.body for event in history(ticket)[1:]]
    assert len(bodies) == len(set(bodies)), "none doubled"
    assert set(said) <= set(bodies) <= {*said, *unsure}, "none lost, none made up"
    versions = [int(event.version) for event in history(ticket)]
    assert versions == list(range(1, harness.get(agent, ticket).version + 1))


def test_at_the_end_the_ledger_is_whole(harness):
    """Every ticket of the tests above is checked against its history at once."""
    assert harness.services.tickets.audit.verify().shown == []


class TestOtherRecords:
    def test_a_person_is_created_once(self, harness, proxy):
        admin = harness.actor("administrator")
        proxy.play(lose_answer)
        user = harness.services.users.accounts.create(
            actor=admin,
            now=harness.now(),
            name="Ana",
            email="ana@example.org",
            role_id="agent",
            password="long enough for this",
        )
        assert harness.services.users.accounts.find_by_email("ana@example.org") == user

    def test_two_who_meet_on_one_address_go_on(self, harness, proxy):
        admin = harness.actor("administrator")
        proxy.play(cancel("TransactionConflict"), cancel("TransactionConflict", 1))
        user = harness.services.users.accounts.create(
            actor=admin,
            now=harness.now(),
            name="Bo",
            email="bo@example.org",
            role_id="agent",
            password="long enough for this",
        )
        assert harness.services.users.accounts.find_by_email("bo@example.org") == user

    def test_a_role_and_a_category_meet_their_own_write(self, harness, proxy):
        """The client retries after a lost response, and the condition fails on its own write."""
        admin = harness.actor("administrator")
        roles, catalog = harness.services.users.roles, harness.services.catalog
        for version in (0, 1):
            proxy.play(lose_answer, operation="PutItem")
            role = roles.save(
                now=START,
                actor=admin,
                role_id="clerk",
                name=f"Clerk {version}",
                permissions={},
                expected_version=version,
            )
            assert role.version == version + 1
            proxy.play(lose_answer, operation="PutItem")
            entry = catalog.save(
                now=START,
                actor=admin,
                kind="category",
                id_="paper" if version else None,
                name="Paper",
                active=not version,
                expected_version=version,
            )
            assert entry.version == version + 1
