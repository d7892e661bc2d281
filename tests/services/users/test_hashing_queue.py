"""Whose password is hashed next: nobody who sends many requests makes others wait for all of them."""

import threading
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamodb_client import consumed
from services.users.credentials import Origin
from services.users.credentials.hashing_queue import (
    MAX_CONCURRENT,
    MAX_WAITING,
    MAX_WAITING_OF_ONE,
    FairOrder,
    HashingQueue,
    QueueFull,
)
from services.users.credentials.login_throttle import LoginAttempt
from tests.patience import PATIENCE
from tests.services.harness import START

NETWORKS, ACCOUNTS = st.integers(0, 4), st.integers(0, 4)
REQUESTS = st.lists(st.tuples(NETWORKS, ACCOUNTS, st.booleans()), max_size=60)
MANY = 1000  # places, so that only the order is tested


def keys(network, account):
    return frozenset({f"network:{network}", f"account:{account}"})


def drained(order):
    """Call everybody, in order."""
    return list(iter(order.call, None))


@given(REQUESTS)
def test_another_waits_for_one_of_each_who_waits_at_most(requests):
    """However many requests came before, and whatever was called in between."""
    order = FairOrder(places=MANY, places_of_one=MANY)
    waiting = []
    for network, account, call in requests:
        waiting.append(order.join(keys(network, account))[0])
        if call:
            waiting.remove(order.call())
    newcomer, _ = order.join(keys("new", "new"))
    before = drained(order)
    before = before[: before.index(newcomer)]
    assert all(count == 1 for count in Counter(key for ticket in before for key in ticket.keys).values())
    assert set(before) <= set(waiting)


@given(REQUESTS)
def test_everybody_is_called_once_and_in_turn_with_their_own(requests):
    order = FairOrder(places=MANY, places_of_one=MANY)
    joined = [order.join(keys(network, account))[0] for network, account, _ in requests]
    called = drained(order)
    assert sorted(map(id, called)) == sorted(map(id, joined))
    for key in {key for ticket in joined for key in ticket.keys}:
        assert [t for t in called if key in t.keys] == [t for t in joined if key in t.keys]


def test_five_hundred_of_one_delay_another_by_one():
    order = FairOrder(places=MANY, places_of_one=MANY)
    for number in range(500):
        order.join(keys("flood", number))
    other, _ = order.join(keys("home", "ana"))
    assert [order.call() for _ in range(2)][1] is other


def test_an_account_that_is_attacked_from_everywhere_takes_one_turn_in_a_round_too():
    order = FairOrder(places=MANY, places_of_one=MANY)
    for number in range(500):
        order.join(keys(number, "victim"))
    other, _ = order.join(keys("home", "ana"))
    assert [order.call() for _ in range(2)][1] is other


@given(REQUESTS)
def test_places_are_few_and_nobody_takes_them_all(requests):
    order = FairOrder()
    for network, account, call in requests:
        with suppress(QueueFull):
            order.join(keys(network, account))
        assert len(order) <= MAX_WAITING
        if call:
            order.call()
    held = Counter(key for ticket in drained(order) for key in ticket.keys)
    assert all(count <= MAX_WAITING_OF_ONE for count in held.values())


def test_where_all_places_are_taken_the_last_in_turn_gives_way():
    order = FairOrder()
    first = [order.join(keys("flood", "a"))[0] for _ in range(MAX_WAITING_OF_ONE)]
    with pytest.raises(QueueFull):
        order.join(keys("flood", "b"))
    while len(order) < MAX_WAITING:
        order.join(keys(f"home {len(order)}", f"person {len(order)}"))
    newcomer, displaced = order.join(keys("home", "ana"))
    assert displaced is first[-1]
    assert newcomer in drained(order)


def test_where_everybody_has_one_place_a_newcomer_is_refused():
    order = FairOrder()
    for number in range(MAX_WAITING):
        order.join(keys(number, number))
    with pytest.raises(QueueFull, match="Many people are signing in right now"):
        order.join(keys("late", "late"))


def test_a_request_without_a_place_is_refused_before_anything_is_read(harness, monkeypatch):
    """So that a flood costs next to nothing."""
    authentication = harness.services.users.authentication

    def full(_keys):
        raise QueueFull

    monkeypatch.setattr(authentication._passwords._queue, "check", full)
    with consumed() as meter, pytest.raises(QueueFull):
        authentication.sign_in(email="ana@example.org", password="x", origin=Origin("192.0.2.1"), now=START)
    assert meter.requests == 0


@given(REQUESTS)
def test_whoever_passes_the_check_has_a_place(requests):
    order = FairOrder()
    for network, account, call in requests:
        try:
            order.check(keys(network, account))
        except QueueFull:
            with pytest.raises(QueueFull):
                order.join(keys(network, account))
        else:
            order.join(keys(network, account))
        if call:
            order.call()


class Crowd:
    """People whose hashes end when the test says so."""

    def __init__(self):
        self.queue, self.let_one_end, self.events = HashingQueue(), threading.Semaphore(0), []
        self.changed, self.threads = threading.Condition(), []

    def come(self, name, network, account):
        """Let somebody come, and wait until they run, wait or are refused."""

        def run():
            try:
                with self.queue.turn(keys(network, account)):
                    self.note("runs", name)
                    self.let_one_end.acquire(timeout=PATIENCE)
            except QueueFull:
                self.note("refused", name)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self.threads.append(thread)
        with self.changed:
            assert self.changed.wait_for(lambda: self.has_come(name, keys(network, account)), 20)

    def has_come(self, name, request_keys):
        waiting = list(self.queue._order._waiting)
        return any(name == who for _, who in self.events) or any(t.keys == request_keys for t in waiting)

    def running(self):
        return sum(kind == "runs" for kind, _ in self.events)

    def note(self, *event):
        with self.changed:
            self.events.append(event)
            self.changed.notify_all()

    def end_all(self):
        for expected in range(self.running() + 1, self.running() + len(self.queue._order) + 1):
            self.let_one_end.release()
            with self.changed:
                assert self.changed.wait_for(lambda: self.running() >= expected, 20)  # noqa: B023
        for _ in range(MAX_CONCURRENT):
            self.let_one_end.release()
        for thread in self.threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()


@pytest.fixture
def crowd(monkeypatch):
    crowd = Crowd()
    join = crowd.queue._order.join

    def noticed(request_keys):
        try:
            return join(request_keys)
        finally:
            with crowd.changed:
                crowd.changed.notify_all()

    monkeypatch.setattr(crowd.queue._order, "join", noticed)
    return crowd


def test_threads_get_their_turns_in_that_order(crowd):
    """One network floods: the others come next all the same, and most of the flood is refused at once."""
    for number in range(20):
        crowd.come(f"flood {number}", "flood", number)
    refused = 20 - MAX_CONCURRENT - MAX_WAITING_OF_ONE
    assert sum(kind == "refused" for kind, _ in crowd.events) == refused
    crowd.come("ana", "home", "ana")
    crowd.come("bo", "office", "bo")
    crowd.come("cy", "train", "cy")
    crowd.end_all()
    ran = [name for kind, name in crowd.events if kind == "runs"]
    assert len(ran) == MAX_CONCURRENT + MAX_WAITING
    assert ran[MAX_CONCURRENT:] == ["ana", "bo", "cy", "flood 2", "flood 3", "flood 4"]
    assert crowd.queue._free == MAX_CONCURRENT


def test_a_hash_that_fails_leaves_its_place():
    queue = HashingQueue()
    for _ in range(MAX_CONCURRENT + MAX_WAITING + 1):
        with pytest.raises(ZeroDivisionError), queue.turn(("me",)):
            raise ZeroDivisionError
    assert queue._free == MAX_CONCURRENT


def test_on_whose_behalf_a_password_is_hashed():
    """A known device stands for itself, whoever else tries its account or shares its address."""
    stranger, neighbour = LoginAttempt("ana", "192.0.2.1"), LoginAttempt("bo", "192.0.2.1")
    elsewhere, owner = LoginAttempt("ana", "192.0.2.2"), LoginAttempt("ana", "192.0.2.1", "laptop")
    assert set(stranger.queue_keys) & set(neighbour.queue_keys)
    assert set(stranger.queue_keys) & set(elsewhere.queue_keys)
    assert not set(owner.queue_keys) & {*stranger.queue_keys, *neighbour.queue_keys, *elsewhere.queue_keys}
