"""Responses that get lost: every write happens once or not at all, and users are told which."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import ledger
from services.errors import Unavailable
from services.tickets import Conflict, TooBusy
from tests.faults.fault_kinds import (
    answer_and_release,
    cancel,
    conflict,
    fail,
    fail_after,
    garble,
    hold_answer,
    hold_request,
    lose_answer,
    lose_history_read,
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
    "lost twice": [lose_answer] * 2,
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
    assignment_periods = [(agent.user_id, None)] if write in (assign, reply) else []
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
        proxy.play(*[lose_history_read] * 9, operation="GetItem")
        with pytest.raises(Unavailable):
            harness.update(agent, ticket, body="Hello.", priority="low", idempotency_key="form")
        proxy.play(operation="GetItem")
        assert kinds(ticket) == ["created", "replied"]
        again = harness.update(agent, ticket, body="Hello.", priority="low", idempotency_key="form")
        assert again.version == 2
        assert kinds(ticket) == ["created", "replied"]

    def test_written_but_unknown_without_words(self, harness, proxy, agent, ticket):
        proxy.play(*[lose_answer] * ATTEMPTS)
        proxy.play(*[lose_history_read] * 9, operation="GetItem")
        with pytest.raises(Unavailable):
            harness.update(agent, ticket, priority="low")
        proxy.play(operation="GetItem")
        assert harness.update(agent, ticket, priority="low").version == 2
        assert kinds(ticket) == ["created", "changed"]

    def test_a_ticket_written_but_unknown(self, harness, proxy, customer):
        harness.ticket(customer)  # who they are is known from here on, and not read again
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
            harness.update(agent, ticket, body="Hello.", idempotency_key=f"form {ticket.ticket_id}")
        assert kinds(ticket) == ["created"]
        assert [answer.status for answer in proxy.release()] == [200, *[400] * (ATTEMPTS - 1)]
        assert kinds(ticket) == ["created", "replied"]
        assert (
            harness.update(agent, ticket, body="Hello.", idempotency_key=f"form {ticket.ticket_id}").version
            == 2
        )
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


class TestStillOnItsWay:
    """The client gives up a request that the engine has not finished, and the next attempt meets a conflict.

    The writer reads before the first request has arrived, so nothing tells it yet that this one will be written.
    """

    def delay(self, proxy):
        """Let the next transaction arrive after the writer has looked for it."""
        proxy.play(hold_request, cancel("TransactionConflict"))
        proxy.play(*[answer_and_release] * 9, operation="GetItem")

    @pytest.mark.parametrize("write", WRITES)
    def test_a_change_is_written_once(self, harness, proxy, *, agent, customer, ticket, write):
        self.delay(proxy)
        after = write(harness, agent, customer, ticket)
        assert len(history(ticket)) == 2
        assert harness.get(agent, ticket) == after
        assert harness.violations(ticket) == []

    def test_a_ticket_is_created_once(self, harness, proxy):
        customer = harness.actor("customer")
        self.delay(proxy)
        ticket = harness.ticket(customer)
        assert kinds(ticket) == ["created"]
        mine = harness.services.tickets.service.get_tickets_by_user(actor=customer, user_id=customer.user_id)
        assert [row.ticket_id for row in mine.rows] == [ticket.ticket_id]

    def test_somebody_else_writes_on_top(self, harness, proxy, agent, customer, ticket):
        """The late one is no longer the newest when the writer looks again."""
        self.delay(proxy)
        pause, paused = harness.services.tickets.service._writer.pause, []

        def answered_meanwhile(attempt):
            paused.append(attempt)
            if len(paused) == 1:
                answer(harness, agent, customer, ticket)

        harness.services.tickets.service._writer.pause = answered_meanwhile
        try:
            reply(harness, agent, customer, ticket)
        finally:
            harness.services.tickets.service._writer.pause = pause
        assert paused == [0]
        assert [event.body for event in history(ticket)[1:]] == ["Hello.", "Any news?"]


class TestTheTestsCanFail:
    """Without reading back, a reply whose response is lost is written twice, unless it carries a key."""

    @pytest.fixture(autouse=True)
    def _without_reading_back(self, monkeypatch):
        monkeypatch.setattr(ledger, "is_written", lambda *_: False)

    def test_without_both(self, harness, proxy, agent, ticket):
        proxy.play(lose_answer)
        harness.update(agent, ticket, body="Hello.")
        assert kinds(ticket) == ["created", "replied", "replied"]

    def test_with_a_key(self, harness, proxy, agent, ticket):
        proxy.play(lose_answer)
        harness.update(agent, ticket, body="Hello.", idempotency_key=f"form {ticket.ticket_id}")
        assert kinds(ticket) == ["created", "replied"]


ACTS = [
    through, lose_answer, lose_request, fail, fail_after, throttle, garble,
    cancel("TransactionConflict"), cancel("ThrottlingError"),
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


class TestTokens:
    """The ledger settles lost responses by reading; where nothing does, the client sends a token."""

    @pytest.fixture
    def tokens(self, proxy):
        sent = []

        def note(operation, body):
            if operation == "TransactWriteItems":
                sent.append(json.loads(body).get("ClientRequestToken"))
            return body

        proxy.edit = note
        return sent

    @pytest.mark.parametrize("write", WRITES)
    def test_changes_of_tickets_carry_none(self, harness, tokens, *, agent, customer, ticket, write):
        write(harness, agent, customer, ticket)
        harness.ticket(customer, idempotency_key="form")
        assert tokens == [None] * len(tokens)
        assert len(tokens) >= 2

    def test_a_change_of_an_account_carries_one(self, harness, tokens):
        accounts, admin = harness.services.users.accounts, harness.actor("administrator")
        accounts.create(
            actor=admin,
            now=START,
            name="Cy",
            email="cy@example.org",
            role_id="agent",
            password="long enough to do",
        )
        assert [len(token) for token in tokens] == [36]


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
