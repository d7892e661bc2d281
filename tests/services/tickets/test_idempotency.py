"""Idempotency keys: a repeat has no effect and burns no number, another request under a key is refused."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from models import counter, idempotency_key
from models.counter import Counter
from models.idempotency_key import IdempotencyKey
from services.errors import Invalid
from services.idempotency import BROKEN_OFF, KeyReused, RequestKey, StillInProgress
from tests.faults.fault_kinds import lose_answer
from tests.services.harness import START, kinds


def last_number():
    return int(Counter.get("tickets").number)


@pytest.fixture
def customer(harness):
    return harness.actor("customer")


@pytest.fixture
def ticket(harness, customer):
    return harness.ticket(customer)


@pytest.fixture
def key():
    return uuid.uuid4().hex


class TestNewTickets:
    def test_a_repeat_burns_no_number(self, harness, customer, key):
        first = harness.ticket(customer, idempotency_key=key)
        assert last_number() == first.ticket_id
        assert harness.ticket(customer, idempotency_key=key) == first
        assert last_number() == first.ticket_id

    def test_repeats_at_the_same_time_burn_none(self, harness, customer, ticket, key):
        with ThreadPoolExecutor(6) as pool:
            opened = [pool.submit(harness.ticket, customer, idempotency_key=key) for _ in range(6)]
        assert {each.result().ticket_id for each in opened} == {ticket.ticket_id + 1}
        assert last_number() == ticket.ticket_id + 1

    @pytest.mark.parametrize(
        "other", [{"body": "Another one."}, {"subject": "Scanner"}, {"category": "hardware"}]
    )
    def test_another_body_is_refused_and_burns_none(self, harness, customer, other, key):
        first = harness.ticket(customer, idempotency_key=key)
        with pytest.raises(KeyReused) as reused:
            harness.ticket(customer, idempotency_key=key, **other)
        assert reused.value.ticket_id == first.ticket_id == last_number()
        assert kinds(first) == ["created"]

    def test_a_key_is_ones_own(self, harness, customer, key):
        stranger = harness.actor("customer")
        first, second = (harness.ticket(who, idempotency_key=key) for who in (customer, stranger))
        assert first.ticket_id != second.ticket_id

    def test_an_organization_that_changes_between_is_no_other_request(
        self, harness, customer, key, monkeypatch
    ):
        first = harness.ticket(customer, idempotency_key=key)
        monkeypatch.setattr(harness.services.tickets.service._users, "organization_of", lambda _: "nord")
        assert harness.ticket(customer, idempotency_key=key).ticket_id == first.ticket_id

    @pytest.mark.parametrize("refused", [{"subject": " "}, {"category": "no-such-category"}])
    def test_one_that_was_refused_leaves_nothing(self, harness, customer, ticket, refused, key):
        with pytest.raises(Invalid):
            harness.ticket(customer, idempotency_key=key, **refused)
        assert last_number() == ticket.ticket_id
        assert harness.ticket(customer, idempotency_key=key).ticket_id == ticket.ticket_id + 1


class TestInFlight:
    @pytest.fixture
    def claimed(self, customer, key):
        """A request of the customer's that another process is carrying out."""
        request = RequestKey.of(customer, START, key, ("busy",))
        assert request.claim("theirs", pytest.fail) is None
        return request

    def test_the_same_request_waits_and_is_refused(self, claimed):
        waits = []
        with pytest.raises(StillInProgress):
            claimed.claim("mine", waits.append)
        assert waits == list(range(len(waits))) != []

    def test_it_gets_the_result_when_there_is_one(self, claimed):
        def finish(_):
            claimed.used(ticket_id=7).save()

        assert claimed.claim("mine", finish) == {"ticket_id": 7}

    def test_it_goes_on_when_the_first_has_failed(self, claimed):
        assert claimed.claim("mine", lambda _: claimed.release("theirs")) is None

    @pytest.mark.usefixtures("claimed")
    def test_another_one_is_refused_at_once(self, customer, key):
        other = RequestKey.of(customer, START, key, ("other",))
        with pytest.raises(KeyReused):
            other.claim("mine", pytest.fail)

    def test_one_that_broke_off_is_carried_out_by_the_next(self, customer, claimed, key):
        later = RequestKey.of(customer, START + BROKEN_OFF + timedelta(seconds=1), key, ("busy",))
        assert later.claim("mine", pytest.fail) is None
        claimed.release("theirs")
        assert idempotency_key.find(claimed.key).claimed_by == "mine"

    def test_a_claim_that_was_taken_over_writes_nothing(self, harness, customer, monkeypatch, key):
        """The first process was only slow: another one has the key by the time it commits."""
        next_number, stored_key = counter.next_number, RequestKey.of(customer, START, key, ()).key

        def taken_over(name):
            item = idempotency_key.find(stored_key)
            item.claimed_by = "theirs"
            item.save()
            return next_number(name)

        monkeypatch.setattr(counter, "next_number", taken_over)
        with pytest.raises(StillInProgress):
            harness.ticket(customer, idempotency_key=key)
        mine = harness.services.tickets.service.get_tickets_by_user(actor=customer, user_id=customer.user_id)
        assert mine.rows == []
        assert idempotency_key.find(stored_key).claimed_by == "theirs"

    def test_a_claim_whose_answer_is_lost_is_ones_own(self, harness, proxy, customer, key):
        proxy.play(lose_answer, operation="PutItem")
        assert kinds(harness.ticket(customer, idempotency_key=key)) == ["created"]


class TestChanges:
    def test_a_repeat_is_written_once(self, harness, agent, ticket, key):
        first = harness.update(agent, ticket, body="Hello.", status="open", idempotency_key=key)
        assert harness.update(agent, ticket, body="Hello.", status="open", idempotency_key=key) == first
        assert kinds(ticket) == ["created", "replied"]

    @pytest.mark.parametrize(
        "other",
        [
            {"body": "Else."}, {"body": "Hello.", "status": "solved"}, {"body": "Hello.", "public": False},
            {"priority": "low"}, {"priority": "normal"},
        ],
        ids=lambda other: " ".join(other),
    )  # fmt: skip
    def test_another_body_is_refused(self, harness, *, agent, ticket, other, key):
        """Also one that would change nothing, as the normal priority does."""
        harness.update(agent, ticket, body="Hello.", idempotency_key=key)
        with pytest.raises(KeyReused):
            harness.update(agent, ticket, idempotency_key=key, **other)
        assert kinds(ticket) == ["created", "replied"]

    def test_another_ticket_and_another_method_are_refused(self, harness, agent, customer, ticket, key):
        harness.update(agent, ticket, body="Hello.", idempotency_key=key)
        with pytest.raises(KeyReused):
            harness.update(agent, harness.ticket(customer), body="Hello.", idempotency_key=key)
        before = last_number()
        with pytest.raises(KeyReused):
            harness.ticket(agent, idempotency_key=key)
        assert last_number() == before

    def test_a_refused_one_is_not_refused_for_another_reason(self, harness, agent, ticket, key):
        """The key counts even where the change itself is not possible any more."""
        closed = harness.update(agent, ticket, status="closed", idempotency_key=key)
        with pytest.raises(KeyReused):
            harness.update(agent, closed, status="new", idempotency_key=key)

    def test_customers_too(self, harness, customer, ticket, key):
        send = harness.services.tickets.service.customer_reply
        who = {"actor": customer, "ticket_id": ticket.ticket_id, "idempotency_key": key}
        for _ in range(2):
            send(**who, now=harness.now(), body="Hm.")
        with pytest.raises(KeyReused):
            send(**who, now=harness.now(), body="Hm!")
        assert kinds(ticket) == ["created", "replied"]


def test_a_key_of_the_last_release_stands_in_nobodys_way(harness, customer, ticket):
    """Release 0.2.0 hashed the input into the key, and its items have no fingerprint."""
    IdempotencyKey(key="0" * 64, value={"ticket_id": ticket.ticket_id}, expires_at=START).save()
    assert idempotency_key.is_used("0" * 64)
    assert harness.ticket(customer, idempotency_key="0" * 64).ticket_id != ticket.ticket_id
    assert idempotency_key.sweep(START + timedelta(days=3), limit=200) >= 1
    assert not idempotency_key.is_used("0" * 64)
