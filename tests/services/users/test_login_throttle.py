"""The login throttle slows a guesser down, whoever they pretend to be, and never locks an owner out."""

import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import attempt as attempt_table
from models.attempt import Attempt
from services.errors import Throttled
from services.users.credentials import Origin, TrustedDevices
from services.users.credentials.hashing_queue import QueueFull
from services.users.credentials.login_throttle import (
    MEMORY,
    OF_ACCOUNT,
    OF_NETWORK,
    OF_PAIR,
    Limit,
    LoginAttempt,
    LoginThrottle,
    network_of,
)
from services.users.identity import BadCredentials
from tests.patience import PATIENCE
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
def account(harness):
    """An account that nobody has tried."""
    return uuid.uuid4().hex


@pytest.fixture
def attempt(harness, monkeypatch):
    """Try to sign in, without the cost of argon2; returns "in", "wrong" or the seconds to wait."""
    authentication = harness.services.users.authentication
    monkeypatch.setattr(
        type(authentication._passwords),
        "matches",
        lambda _, stored, password, **_keys: bool(stored) and password == PASSWORD,
    )
    monkeypatch.setattr(type(authentication._passwords), "outdated", lambda *_, **_keys: False)

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
    for _ in range(OF_PAIR.free):
        assert attempt(owner, "guess", "192.0.2.1") == "wrong"
    pauses, at = [], START
    for _ in range(14):
        pauses.append(attempt(owner, PASSWORD, "192.0.2.1", at=at))
        at += timedelta(seconds=pauses[-1])
        assert attempt(owner, "guess", "192.0.2.1", at=at) == "wrong", "after the pause it is tried again"
    assert pauses[:4] == [2, 3, 5, 9]
    assert pauses == sorted(pauses)
    assert pauses[-1] == OF_PAIR.longest.total_seconds() + 1
    assert attempt(owner, PASSWORD, "192.0.2.1", at=at + OF_PAIR.longest).user.email == owner


def test_a_try_during_the_pause_does_not_lengthen_it(attempt, owner):
    for _ in range(OF_PAIR.free):
        attempt(owner, "guess", "192.0.2.2")
    for _ in range(20):
        assert attempt(owner, "guess", "192.0.2.2") == 2
    assert attempt(owner, PASSWORD, "192.0.2.2", at=START + timedelta(seconds=2)).user.email == owner


def test_failures_from_one_address_do_not_slow_the_owner_down(attempt, owner):
    for _ in range(2 * OF_PAIR.free):
        attempt(owner, "guess", "198.51.100.9")
    assert attempt(owner, PASSWORD, "192.0.2.3").user.email == owner


def guess(account, network, *, at=START, right=False, device=None):
    """Try a password as far as the throttle is concerned; returns "in", "wrong" or the seconds to wait."""
    who = LoginAttempt(account, network, device)
    try:
        with LoginThrottle().attempt(who, now=at, failure=BadCredentials):
            if not right:
                raise BadCredentials
    except BadCredentials:
        return "wrong"
    except Throttled as wait:
        return wait.seconds
    return "in"


def test_guesses_from_many_addresses_are_few(account):
    """All at once, then for an hour, each as soon as it may: fifty, and then about one a minute."""
    tried = sum(guess(account, f"203.0.0.{number}") == "wrong" for number in range(2 * OF_ACCOUNT.free))
    assert tried == OF_ACCOUNT.free
    at, number = START, 0
    while at < START + timedelta(hours=1):
        answer = guess(account, f"203.9.0.{number}", at=at)
        number += 1
        tried, at = (tried + 1, at) if answer == "wrong" else (tried, at + timedelta(seconds=answer))
    assert OF_ACCOUNT.free < tried < OF_ACCOUNT.free + 70


def test_an_account_under_attack_is_not_locked(account):
    """A known browser is not slowed down at all, another waits a minute at most."""
    at, pauses = START, []
    for number in range(OF_ACCOUNT.free + 10):
        while (answer := guess(account, f"203.1.0.{number}", at=at)) != "wrong":
            pauses.append(answer)
            at += timedelta(seconds=answer)
    assert pauses[:4] == [2, 3, 5, 9]
    assert max(pauses) == OF_ACCOUNT.longest.total_seconds() + 1
    assert guess(account, "192.0.2.3", at=at, right=True, device="laptop") == "in"
    wait = guess(account, "192.0.2.33", at=at, right=True)
    assert 0 < wait <= 61
    assert guess(account, "192.0.2.33", at=at + timedelta(seconds=wait), right=True) == "in"


def test_a_right_password_takes_nothing_from_the_neighbours(account):
    """It is counted while it is checked, and given back: for the network and for the account."""
    for number in range(OF_NETWORK.free - 1):
        guess(f"{account}{number}", "192.0.2.44")
    for _ in range(3):
        assert guess(account, "192.0.2.44", right=True) == "in"


def test_a_right_password_after_a_pause_makes_nobody_wait_longer(account):
    for number in range(OF_NETWORK.free):
        guess(f"{account}{number}", "192.0.2.45")
    later = START + timedelta(seconds=guess(account, "192.0.2.45", right=True))
    for _ in range(3):
        assert guess(account, "192.0.2.45", at=later, right=True) == "in"


def test_a_browser_that_was_in_before_is_not_slowed_down_by_its_neighbours(attempt, owner):
    device_token = attempt(owner, PASSWORD, "192.0.2.4").device_token
    for _ in range(OF_PAIR.free + 1):
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
        for number in range(OF_PAIR.free + 1)
    ]
    assert tries[-1] == 2


def test_one_network_cannot_try_many_accounts(account):
    for number in range(OF_NETWORK.free):
        assert guess(f"{account}{number}", "192.0.2.66") == "wrong"
    assert guess(account, "192.0.2.66", right=True) == 2
    assert guess(account, "192.0.2.67", right=True) == "in"


def test_an_unknown_account_answers_as_a_known_one(attempt, owner):
    def seen(email, address):
        return [attempt(email, "guess", address) for _ in range(8)]

    assert seen(owner, "192.0.2.8") == seen("nobody@example.org", "192.0.2.9")


def test_success_and_time_forget(attempt, owner):
    for _ in range(OF_PAIR.free - 1):
        attempt(owner, "guess", "192.0.2.10")
    assert attempt(owner, PASSWORD, "192.0.2.10").user.email == owner
    for _ in range(OF_PAIR.free):
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


@given(st.integers(1, 50), st.integers(0, 200), st.integers(1, 3600))
def test_a_pause_never_shrinks_and_ends(free, failures, longest):
    """However many failures: nothing to wait below the free ones, then at least as long as before, and an end."""
    limit = Limit(free, timedelta(seconds=longest))
    waits = [
        limit.wait(Attempt(key="k", failures=n, last_at=START, expires_at=START + MEMORY), START)
        for n in (failures, failures + 1)
    ]
    assert (waits[0] > timedelta(0)) is (failures >= free)
    assert waits[0] <= waits[1] <= timedelta(seconds=longest)
    assert limit.wait(None, START) == timedelta(0)


@given(
    st.lists(
        st.tuples(st.sampled_from(["ana", "bo"]), st.integers(0, 1), st.integers(0, 9), st.booleans()),
        max_size=12,
    )
)
def test_what_was_refused_or_right_is_not_counted(harness, tries):
    """Whatever is tried when: only wrong answers stay, and each count is what its own wrong answers make it."""
    label, at, wrong = uuid.uuid4().hex, START, Counter()
    for name, network, pause, right in tries:
        at += timedelta(seconds=pause)
        who = LoginAttempt(f"{label}{name}", f"{label}{network}")
        answer = guess(who.account, who.network, at=at, right=right)
        if answer == "wrong":
            wrong.update(list(who.limits))
        elif answer == "in":
            del wrong[who.pair]
    stored = {key: int(item.failures) for key, item in attempt_table.find_many(list(wrong)).items()}
    assert {key: count for key, count in stored.items() if count} == dict(wrong)


@pytest.mark.parametrize(
    ("addresses", "device", "free"),
    [(["192.0.2.70"] * 30, None, OF_PAIR.free), (["192.0.2.71"] * 30, "laptop", OF_PAIR.free),
     ([f"203.7.0.{n}" for n in range(80)], None, OF_ACCOUNT.free)],
)  # fmt: skip
def test_a_burst_of_parallel_guesses_gets_no_further_than_a_row(harness, addresses, device, free):
    """All are counted before one secret is looked at: no more are, however many come at the same moment."""
    throttle, account = LoginThrottle(), uuid.uuid4().hex
    looked_at, together = [], threading.Barrier(len(addresses))

    def guess(address):
        together.wait(PATIENCE)
        with suppress(Throttled, BadCredentials):
            who = LoginAttempt(account, network_of(address), device)
            with throttle.attempt(who, now=START, failure=BadCredentials):
                looked_at.append(address)
                raise BadCredentials

    with ThreadPoolExecutor(len(addresses)) as pool:
        list(pool.map(guess, addresses))
    assert len(looked_at) == free


def test_an_attempt_that_was_not_checked_is_given_back(harness):
    """Because all places in the queue were taken, for instance."""
    throttle, who = LoginThrottle(), LoginAttempt(uuid.uuid4().hex, "192.0.2.80")
    for _ in range(3 * OF_PAIR.free):
        with pytest.raises(QueueFull), throttle.attempt(who, now=START, failure=BadCredentials):
            raise QueueFull
    with throttle.attempt(who, now=START, failure=BadCredentials):
        pass
