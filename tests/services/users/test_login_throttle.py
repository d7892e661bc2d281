"""The brake slows a guesser down, whoever they pretend to be, and never locks an owner out."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.errors import Throttled
from services.users.credentials import Origin, TrustedDevices
from services.users.credentials.login_throttle import (
    ATTACK,
    FREE_TRIES,
    FREE_TRIES_OF_NETWORK,
    LONGEST,
    MEMORY,
    network_of,
)
from services.users.identity import BadCredentials
from tests.services.harness import START

PASSWORD = "correct horse battery"


@pytest.fixture
def owner(harness):
    """An account of its own for each test."""
    admin = harness.actor("administrator")
    email = f"{admin.user_id}@example.org"
    harness.services.users.accounts.create(
        actor=admin, now=START, name="Ana", email=email, role_id="agent", password=PASSWORD
    )
    return email


@pytest.fixture
def attempt(harness, monkeypatch):
    """Try to sign in, without the cost of argon2; returns "in", "wrong" or the seconds to wait."""
    authentication = harness.services.users.authentication
    monkeypatch.setattr(
        type(authentication._passwords),
        "matches",
        lambda _, stored, password: bool(stored) and password == PASSWORD,
    )
    monkeypatch.setattr(type(authentication._passwords), "outdated", lambda *_: False)

    def attempt(email, password, address, *, at=START, device_token=None):
        origin = Origin(address, "", device_token)
        try:
            return authentication.sign_in(email=email, password=password, origin=origin, now=at)
        except BadCredentials:
            return "wrong"
        except Throttled as wait:
            return wait.seconds

    return attempt


def test_pauses_grow_and_end(attempt, owner):
    for _ in range(FREE_TRIES):
        assert attempt(owner, "guess", "192.0.2.1") == "wrong"
    pauses, at = [], START
    for _ in range(14):
        pauses.append(attempt(owner, PASSWORD, "192.0.2.1", at=at))
        at += timedelta(seconds=pauses[-1])
        assert attempt(owner, "guess", "192.0.2.1", at=at) == "wrong", "after the pause it is tried again"
    assert pauses[:4] == [2, 3, 5, 9]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST.total_seconds() + 1
    assert attempt(owner, PASSWORD, "192.0.2.1", at=at + LONGEST).user.email == owner


def test_a_try_during_the_pause_does_not_lengthen_it(attempt, owner):
    for _ in range(FREE_TRIES):
        attempt(owner, "guess", "192.0.2.2")
    for _ in range(20):
        assert attempt(owner, "guess", "192.0.2.2") == 2
    assert attempt(owner, PASSWORD, "192.0.2.2", at=START + timedelta(seconds=2)).user.email == owner


def test_a_thousand_failures_do_not_lock_the_owner_out(attempt, owner):
    """From one address, and from a thousand: the owner comes in from an address of their own."""
    for number in range(1000):
        attempt(owner, "guess", "198.51.100.9" if number % 2 else f"203.0.{number // 250}.{number % 250}")
    assert attempt(owner, PASSWORD, "192.0.2.3").user.email == owner


def test_under_a_distributed_attack_each_network_has_fewer_tries(attempt, owner):
    for number in range(ATTACK):
        assert attempt(owner, "guess", f"203.1.{number // 250}.{number % 250}") == "wrong"
    assert [attempt(owner, "guess", "203.1.9.9") for _ in range(3)] == ["wrong", "wrong", 2]


def test_a_browser_that_was_in_before_is_not_slowed_down_by_its_neighbours(attempt, owner):
    device_token = attempt(owner, PASSWORD, "192.0.2.4").device_token
    for _ in range(FREE_TRIES + 1):
        attempt(owner, "guess", "192.0.2.4")
    assert attempt(owner, PASSWORD, "192.0.2.4") == 2
    assert attempt(owner, PASSWORD, "192.0.2.4", device_token=device_token).user.email == owner


@pytest.mark.parametrize("forged", ["", "x", "x.y", ".", "a" * 10**5, "é.ü"])
def test_a_forged_or_foreign_mark_is_no_mark(attempt, owner, forged):
    devices = TrustedDevices((b"d" * 32,))
    assert devices.verify(forged, owner) is None
    assert TrustedDevices((b"e" * 32,)).verify(devices.issue(owner), owner) is None
    assert devices.verify(devices.issue("somebody@example.org"), owner) is None
    assert devices.verify(devices.issue(owner), owner)


def test_who_holds_a_mark_cannot_guess_on_either(attempt, owner):
    device_token = attempt(owner, PASSWORD, "192.0.2.5").device_token
    tries = [
        attempt(owner, "guess", f"203.2.0.{number}", device_token=device_token)
        for number in range(FREE_TRIES + 1)
    ]
    assert tries[-1] == 2


def test_one_network_cannot_try_many_accounts(attempt, owner):
    for number in range(FREE_TRIES_OF_NETWORK):
        assert attempt(f"p{number}@example.org", "guess", "192.0.2.66") == "wrong"
    assert attempt(owner, PASSWORD, "192.0.2.66") == 2
    assert attempt(owner, PASSWORD, "192.0.2.67").user.email == owner


def test_an_unknown_account_answers_as_a_known_one(attempt, owner):
    def seen(email, address):
        return [attempt(email, "guess", address) for _ in range(8)]

    assert seen(owner, "192.0.2.8") == seen("nobody@example.org", "192.0.2.9")


def test_success_and_time_forget(attempt, owner):
    for _ in range(FREE_TRIES - 1):
        attempt(owner, "guess", "192.0.2.10")
    assert attempt(owner, PASSWORD, "192.0.2.10").user.email == owner
    for _ in range(FREE_TRIES):
        assert attempt(owner, "guess", "192.0.2.10") == "wrong"
    later = START + MEMORY
    assert attempt(owner, "guess", "192.0.2.10", at=later) == "wrong"
    assert attempt(owner, PASSWORD, "192.0.2.10", at=later).user.email == owner, "the count began afresh"


def test_expired_counts_are_swept(harness, attempt, owner):
    attempt(owner, "guess", "192.0.2.11")
    assert harness.services.users.login_throttle.sweep(now=START) == 0
    assert harness.services.users.login_throttle.sweep(now=START + MEMORY * 2) >= 3


@given(st.ip_addresses())
def test_every_address_has_one_network(address):
    assert network_of(str(address)) == network_of(network_of(str(address)).partition("/")[0])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        (None, "nonsense", True),
    ],
)
def test_a_customer_of_a_provider_is_one_network(one, other, same):
    assert (network_of(one) == network_of(other)) is same
