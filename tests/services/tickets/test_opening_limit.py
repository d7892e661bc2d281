"""One person opens only so many tickets in an hour, whichever process they ask and however they come."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from models.counter import Counter
from services.bootstrap import build_services
from services.tickets import TooManyTickets
from services.users.identity import SYSTEM
from tests.services.harness import START, Harness, options

MOST = 3


@pytest.fixture(scope="module")
def processes(harness, tables, tmp_path_factory):
    """Two processes with the limit, over the same tables."""
    folder = tmp_path_factory.mktemp("limited")
    limited = replace(options(tables, folder), tickets_per_hour=MOST)
    return Harness(build_services(limited)), Harness(build_services(limited))


def open_ticket(process, actor, at=START, **more):
    return process.services.tickets.service.create(
        actor=actor, now=at, subject="Printer on fire", body="Smoke comes out of it.", **more
    )


def test_the_limit_is_shared_by_processes_and_ends_exactly_when_it_says(processes):
    here, elsewhere = processes
    customer, at = here.actor("customer"), START + timedelta(minutes=59, seconds=58, milliseconds=400)
    for number in range(MOST):
        open_ticket(processes[number % 2], customer, at)
    for process in (here, elsewhere, here):
        with pytest.raises(TooManyTickets, match=f"opened {MOST} tickets within an hour") as refused:
            open_ticket(process, customer, at)
        assert refused.value.seconds == 2
    with pytest.raises(TooManyTickets) as refused:
        open_ticket(here, customer, at + timedelta(seconds=1.5))
    assert refused.value.seconds == 1
    open_ticket(elsewhere, customer, at + timedelta(seconds=2))
    open_ticket(here, customer, at + timedelta(seconds=2.5))


def test_waiting_at_the_last_moment_is_a_second(processes):
    here, _ = processes
    customer, end = here.actor("customer"), START + timedelta(hours=1)
    for _ in range(MOST):
        open_ticket(here, customer)
    with pytest.raises(TooManyTickets) as refused:
        open_ticket(here, customer, end - timedelta(microseconds=1))
    assert refused.value.seconds == 1
    open_ticket(here, customer, end)


def test_of_many_at_once_no_more_get_through(processes):
    customer = processes[0].actor("customer")

    def try_one(number):
        try:
            return open_ticket(processes[number % 2], customer).ticket_id
        except TooManyTickets:
            return None

    with ThreadPoolExecutor(6) as pool:
        opened = [ticket_id for ticket_id in pool.map(try_one, range(10)) if ticket_id]
    assert len(opened) == MOST


def test_others_repeats_and_the_system_are_not_counted(processes):
    here, elsewhere = processes
    customer, key = here.actor("customer"), uuid.uuid4().hex
    first = open_ticket(here, customer, idempotency_key=key)
    for _ in range(MOST):
        assert open_ticket(elsewhere, customer, idempotency_key=key) == first
    for _ in range(MOST - 1):
        open_ticket(here, customer)
    with pytest.raises(TooManyTickets):
        open_ticket(here, customer, idempotency_key=uuid.uuid4().hex)
    assert open_ticket(here, customer, idempotency_key=key) == first
    open_ticket(here, here.actor("customer"))
    for _ in range(MOST + 1):
        open_ticket(here, SYSTEM, requester_id=customer.user_id)


def test_a_refusal_that_is_remembered_burns_no_number(processes):
    here, _ = processes
    customer = here.actor("customer")
    for _ in range(MOST):
        open_ticket(here, customer)
    with pytest.raises(TooManyTickets):
        open_ticket(here, customer)
    number = int(Counter.get("tickets").number)
    for _ in range(3):
        with pytest.raises(TooManyTickets):
            open_ticket(here, customer, idempotency_key=uuid.uuid4().hex)
    assert int(Counter.get("tickets").number) == number


def test_no_limit_is_zero(harness, customer):
    for _ in range(MOST + 2):
        open_ticket(harness, customer)
