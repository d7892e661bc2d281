"""Signing in, and who is behind a session."""

import pytest
from argon2 import PasswordHasher

from models import user as user_table
from services.users.credentials import Origin
from services.users.identity import BadCredentials
from tests.services.harness import CHEAP, START

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def admin(harness):
    return harness.actor("administrator")


@pytest.fixture(scope="module")
def ana(harness, admin):
    return harness.services.users.accounts.create(
        actor=admin, now=START, name="Ana", email="ana@example.org", role_id="agent", password=PASSWORD,
        team_ids=["support"],
    )  # fmt: skip


@pytest.fixture(scope="module")
def suspended(harness, admin):
    users = harness.services.users.accounts
    user = users.create(
        actor=admin, now=START, name="Sue", email="sue@example.org", role_id="agent", password=PASSWORD
    )
    return users.update(now=START,
        actor=admin, user_id=user.user_id, expected_version=1, name="Sue", email="sue@example.org", role_id="agent",
        active=False, team_ids=(),
    )  # fmt: skip


@pytest.fixture
def verified(harness, monkeypatch):
    """Count how often argon2 is asked."""
    hasher = harness.services.users.authentication._passwords._hasher
    asked = []
    verify = type(hasher).verify

    def counting(self, stored, password):
        asked.append(stored)
        return verify(self, stored, password)

    monkeypatch.setattr(type(hasher), "verify", counting)
    return asked


def test_the_right_password(harness, ana, verified):
    for email in ("ana@example.org", " ANA@Example.org "):
        assert harness.services.users.authentication.validate_user(email=email, password=PASSWORD) == ana
    assert len(verified) == 2


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ana@example.org", "wrong horse battery"),
        ("ana@example.org", ""),
        ("ana@example.org", "x" * 10**5),
        ("ana@example.org", PASSWORD + "\x00"),
        ("ana@example.org", "\ud800" * 12),
        ("sue@example.org", PASSWORD),
        ("nobody@example.org", PASSWORD),
        ("nobody@example.org", "nobody has this password"),
        ("caller@example.org", "nobody has this password"),
        ("no address", PASSWORD),
        ("", ""),
        ("\ud800@example.org", PASSWORD),
        ("x" * 10**6, PASSWORD),
    ],
)
def test_every_refusal_takes_the_same_way(harness, *, ana, suspended, verified, email, password):
    if user_table.find_by_email("caller@example.org") is None:
        harness.services.users.accounts.upsert({"caller": ("Caller", "customer")}, now=START)
        user_table.UserEmail(email="caller@example.org", user_id="caller").save()
    with pytest.raises(BadCredentials) as refused:
        harness.services.users.authentication.validate_user(email=email, password=password)
    assert len(verified) == 1, "argon2 runs once, whoever it is"
    assert verified[0].startswith(f"$argon2id$v=19$m={CHEAP.memory_cost},t={CHEAP.time_cost},p=1$"), (
        "and it costs the same"
    )
    assert refused.value.message == "Email and password do not match."
    assert refused.value.fields == {}


def test_a_session_knows_its_actor(harness, ana):
    authentication = harness.services.users.authentication
    signed_in = authentication.sign_in(
        email="ana@example.org", password=PASSWORD, origin=Origin("192.0.2.7", "Firefox"), now=START
    )
    assert signed_in.user == ana
    token = signed_in.token
    actor = authentication.actor_for(token=token, now=START)
    assert (actor.user_id, actor.kind, actor.role_id) == (ana.user_id, "agent", "agent")
    assert actor.team_ids == {"support"}
    assert actor.permissions == harness.services.users.roles.get("agent").permissions
    harness.services.users.sessions.revoke(token=token)
    assert authentication.actor_for(token=token, now=START) is None
    assert authentication.actor_for(token="x" * 43, now=START) is None


def test_a_session_of_one_who_is_suspended_or_gone_is_nobody(harness, suspended):
    sessions, authentication = harness.services.users.sessions, harness.services.users.authentication
    for user_id in (suspended.user_id, "gone"):
        token = sessions.start(user_id=user_id, now=START)
        assert authentication.actor_for(token=token, now=START) is None


def test_an_old_hash_is_renewed_at_the_next_sign_in(harness, ana):
    user_table.update(ana.user_id, password_hash=PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD))
    harness.services.users.authentication.validate_user(email="ana@example.org", password=PASSWORD)
    stored = user_table.find(ana.user_id)
    assert f"m={CHEAP.memory_cost},t={CHEAP.time_cost}" in stored.password_hash
    assert int(stored.version) == ana.version
