"""Counters, settings, idempotency keys and leases, in moto."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from models import counter, idempotency_key, lease, setting
from models.idempotency_key import IdempotencyKey
from models.keys import storable
from models.setting import Setting
from models.store_errors import EngineUnavailable, VersionMoved

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


def test_a_counter_gives_each_number_once(tables):
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(lambda _: counter.next_number("tickets"), range(40)))
    assert sorted(numbers) == list(range(1, 41))
    assert counter.next_number("tickets", by=10) == 50


def test_numbers_are_reserved_with_a_note(moto):
    def note(first):
        return Setting(kind="import", id="x", value={"first": first})

    assert counter.reserve("tickets", 10, note) == 1
    assert counter.next_number("tickets") == 11
    assert counter.reserve("tickets", 5, note) == 12
    assert setting.find("import", "x").value == {"first": 12}


def test_a_reservation_that_is_overtaken_tries_again(moto):
    asked = []

    def note(first):
        asked.append(first)
        if len(asked) < 3:
            counter.next_number("tickets")
        return Setting(kind="import", id="x", value={"first": first})

    assert counter.reserve("tickets", 10, note) == 3
    assert asked == [1, 2, 3]
    assert setting.find("import", "x").value == {"first": 3}
    assert counter.next_number("tickets") == 13


def test_a_reservation_that_is_always_overtaken_writes_nothing(moto):
    def note(first):
        counter.next_number("tickets")
        return Setting(kind="import", id="x", value={"first": first})

    with pytest.raises(EngineUnavailable):
        counter.reserve("tickets", 10, note)
    assert setting.find("import", "x") is None
    assert counter.next_number("tickets") == counter.ATTEMPTS + 1


def test_versions_guard_a_setting(moto):
    first = Setting(kind="team", id="a", value={"name": "A"})
    setting.put(first, expected_version=0)
    setting.put(first, expected_version=0)  # its own write, met again
    with pytest.raises(VersionMoved):
        setting.put(Setting(kind="team", id="a", value={"name": "B"}), expected_version=0)
    setting.put(Setting(kind="team", id="a", version=2, value={"name": "B"}), expected_version=1)
    with pytest.raises(VersionMoved):
        setting.put(Setting(kind="team", id="a", version=2, value={"name": "C"}), expected_version=1)
    assert [item.value for item in setting.of_kind("team")] == [{"name": "B"}]


def test_idempotency_keys_are_swept_when_they_expire(moto):
    for number in range(20):
        expires_at = NOW + timedelta(minutes=number)
        IdempotencyKey(key=f"key-{number}", value={"ticket_id": number}, expires_at=expires_at).save()
        assert idempotency_key.find(f"key-{number}").value == {"ticket_id": number}
    assert idempotency_key.sweep(NOW + timedelta(minutes=10), limit=200) == 10
    assert not idempotency_key.is_used("key-9")
    assert idempotency_key.is_used("key-10")
    assert idempotency_key.sweep(NOW + timedelta(minutes=10), limit=200) == 0


def test_a_lease_has_one_holder(moto):
    def acquire(holder, now):
        return lease.acquire("follow", holder, now=now, until=now + timedelta(seconds=30))

    assert acquire("a", NOW)
    assert not acquire("b", NOW)
    assert acquire("a", NOW + timedelta(seconds=20))
    assert not acquire("b", NOW + timedelta(seconds=40))
    assert acquire("b", LATER)
    assert not acquire("a", LATER)


@pytest.mark.parametrize(
    ("keys", "fits"),
    [
        (("a", "b"), True),
        (("x" * 1024,), True),
        (("x" * 1025,), False),
        (("é" * 513,), False),
        (("a", ""), False),
        (("\ud800",), False),
        (("\x00",), True),
    ],
)
def test_what_can_be_a_key(keys, fits):
    assert storable(*keys) == fits
