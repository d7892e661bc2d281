"""API tokens: never worth more than their maker, shown once, ended for good."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import api_token, audit
from models import user as user_table
from models.api_token import ApiToken
from services.errors import Invalid, NotFound
from services.users.api_tokens import SCOPES
from services.users.api_tokens.api_tokens import narrow_permissions
from services.users.identity import SYSTEM, Permission, PermissionDenied, Scope, SignInPolicy
from tests.services.harness import START

SEE, CHANGE, NOTE = Permission.TICKET_VIEW, Permission.TICKET_UPDATE, Permission.TICKET_NOTE


@pytest.fixture
def owner(harness):
    """A stored person of their own for each test."""
    return harness.actor("agent")


@pytest.fixture
def make(harness, owner):
    def make(*scopes, days=30, actor=None, name="nightly report"):
        return harness.services.users.api_tokens.create(
            actor=actor or owner, now=START, name=name, scopes=scopes or [SEE], days=days
        )

    return make


@pytest.fixture
def authenticate(harness):
    return lambda secret, now=START: harness.services.users.api_tokens.authenticate(
        secret=secret, now=now, address="192.0.2.9"
    )


def demote(harness, person, role="customer", *, active=True):
    """Change a stored person as an administrator does; services forget what they remembered of them."""
    stored = harness.services.users.accounts.get(person.user_id)
    harness.services.users.accounts.update(
        actor=SYSTEM, now=START, user_id=person.user_id, expected_version=stored.version, name=stored.name, email="",
        role_id=role, active=active, team_ids=(),
    )  # fmt: skip


def test_a_token_acts_as_its_owner_within_its_scopes(harness, owner, make, authenticate):
    token, secret = make(SEE, NOTE)
    caller = authenticate(secret)
    assert (caller.actor.user_id, caller.actor.name, caller.actor.kind) == (
        owner.user_id,
        owner.name,
        "agent",
    )
    assert caller.actor.address == "192.0.2.9"
    assert caller.actor.permissions == {SEE: Scope.ALL, NOTE: Scope.ALL}
    assert caller.token.name == token.name == "nightly report"


def test_the_secret_can_be_found_by_scanners_and_is_kept_nowhere(harness, owner, make):
    token, secret = make()
    assert secret.startswith("ld_")
    assert len(secret) >= 40
    assert secret not in repr(token)
    stored = [item.serialize() for item in ApiToken.scan()] + [
        entry.serialize() for entry in audit.of_subject(f"user:{owner.user_id}")
    ]
    assert secret not in repr(stored)
    assert secret.removeprefix("ld_") not in repr(stored)


def test_creating_and_revoking_are_in_the_audit_log(harness, owner, make):
    token, _ = make(SEE)
    harness.services.users.api_tokens.revoke(actor=owner, token_id=token.id, now=START + timedelta(seconds=1))
    created, revoked = audit.of_subject(f"user:{owner.user_id}")
    assert (created.action, revoked.action) == ("token.created", "token.revoked")
    assert created.changes == {
        "token": [None, "nightly report"], "scopes": [None, ["ticket:view"]], "days": [None, 30],
    }  # fmt: skip
    assert token.id not in repr((created.serialize(), revoked.serialize()))


@pytest.mark.parametrize("changes",
    [
        {"scopes": []}, {"scopes": ["ticket:export"]}, {"scopes": ["user:erase"]}, {"scopes": ["*"]},
        {"scopes": ["ticket:view", "token:create"]}, {"name": ""}, {"name": "x" * 61}, {"name": "\u200b"},
        {"days": None}, {"days": 0}, {"days": 31}, {"days": -7},
    ],
    ids=str,
)  # fmt: skip
def test_what_nobody_can_have_is_refused(harness, owner, changes):
    fields = {"name": "n", "scopes": ["ticket:view"], "days": 30, **changes}
    with pytest.raises(Invalid):
        harness.services.users.api_tokens.create(actor=owner, now=START, **fields)
    assert harness.services.users.api_tokens.own(actor=owner) == []


def test_nobody_grants_what_they_lack(harness, make):
    limited = harness.actor("agent", permissions={SEE: Scope.OWN, Permission.TOKEN_CREATE: Scope.OWN})
    with pytest.raises(Invalid):
        make(SEE, CHANGE, actor=limited)
    with pytest.raises(PermissionDenied):
        make(SEE, actor=harness.actor("customer"))


def test_no_end_is_there_where_the_settings_allow_it(harness, make, authenticate, monkeypatch):
    monkeypatch.setattr(harness.services.users.api_tokens, "may_be_endless", True)
    token, secret = make(days=None)
    assert token.expires_at is None
    assert authenticate(secret, START + timedelta(days=4000)).actor.may(SEE)


@pytest.mark.parametrize("days", [7, 30, 90, 365])
def test_a_token_ends_when_it_expires(make, authenticate, days):
    _, secret = make(days=days)
    assert authenticate(secret, START + timedelta(days=days, seconds=-1))
    assert authenticate(secret, START + timedelta(days=days)) is None


def test_a_revoked_token_ends_at_once(harness, owner, make, authenticate):
    token, secret = make()
    assert authenticate(secret)
    harness.services.users.api_tokens.revoke(actor=owner, token_id=token.id, now=START)
    assert authenticate(secret) is None
    api_token.touch(token.id, START)
    assert authenticate(secret) is None, "noting its use does not bring it back"
    with pytest.raises(NotFound):
        harness.services.users.api_tokens.revoke(actor=owner, token_id=token.id, now=START)


def test_a_lesser_role_narrows_the_token_and_suspension_ends_it(harness, owner, make, authenticate):
    _, secret = make(SEE, CHANGE)
    administrator = harness.actor("administrator")
    harness.services.users.roles.save(
        actor=administrator, role_id="watchers", name="Watchers", expected_version=0, now=START,
        permissions={SEE: Scope.OWN, Permission.TOKEN_CREATE: Scope.OWN},
    )  # fmt: skip
    demote(harness, owner, "watchers")
    assert authenticate(secret).actor.permissions == {SEE: Scope.OWN}
    assert authenticate(secret).actor.kind == "customer"
    demote(harness, owner, "watchers", active=False)
    assert authenticate(secret) is None
    demote(harness, owner, "customer")
    assert authenticate(secret) is None, "a role without tokens of one's own"
    demote(harness, owner, "agent")
    assert authenticate(secret).actor.permissions.keys() == {SEE, CHANGE}


def test_a_role_that_demands_a_second_factor_lets_no_token_go_round_it(harness, owner, make, authenticate):
    _, secret = make(SEE)
    harness.services.users.roles.save(
        actor=harness.actor("administrator"), role_id="careful", name="Careful", expected_version=0, now=START,
        permissions={SEE: Scope.ALL, Permission.TOKEN_CREATE: Scope.OWN},
        security=SignInPolicy(second_factor=True),
    )  # fmt: skip
    demote(harness, owner, "careful")
    assert authenticate(secret) is None
    user_table.update(owner.user_id, totp="sealed")
    harness.services.users.accounts._cache.drop(owner.user_id)
    assert authenticate(secret).actor.may(SEE)


def test_another_process_notices_within_five_seconds(harness, owner, make, authenticate, monkeypatch):
    _, secret = make()
    assert authenticate(secret)
    clock = [0.0]
    cache = harness.services.users.accounts._cache
    monkeypatch.setattr(cache, "_clock", lambda: clock[0])
    cache.drop(owner.user_id)
    assert authenticate(secret)
    user_table.update(owner.user_id, active=False)  # as another process would
    assert authenticate(secret), "remembered"
    clock[0] = 5.1
    assert authenticate(secret) is None


def test_others_tokens_are_for_those_who_may_revoke_them(harness, owner, make, authenticate):
    token, secret = make()
    for somebody in (harness.actor("agent"), harness.actor("manager"), harness.actor("customer")):
        with pytest.raises(NotFound):
            harness.services.users.api_tokens.revoke(actor=somebody, token_id=token.id, now=START)
    assert authenticate(secret)
    assert harness.services.users.api_tokens.own(actor=harness.actor("agent")) == []
    harness.services.users.api_tokens.revoke(
        actor=harness.actor("administrator"), token_id=token.id, now=START
    )
    assert authenticate(secret) is None


def test_the_last_use_is_written_every_ten_minutes_at_most(harness, owner, make, authenticate):
    _, secret = make()

    def last_used():
        return harness.services.users.api_tokens.own(actor=owner)[0].last_used_at

    assert last_used() is None
    authenticate(secret)
    assert last_used() == START
    authenticate(secret, START + timedelta(minutes=9, seconds=59))
    assert last_used() == START
    authenticate(secret, START + timedelta(minutes=10))
    assert last_used() == START + timedelta(minutes=10)


def test_a_person_has_fifty_tokens_at_most(harness, make, owner):
    for number in range(50):
        make(name=f"token {number}")
    with pytest.raises(Invalid, match="50"):
        make(name="one more")
    assert len(harness.services.users.api_tokens.own(actor=owner)) == 50


def test_expired_tokens_are_swept(harness, owner, make):
    make(days=7)
    valid, _ = make(days=90)
    assert harness.services.users.api_tokens.sweep(now=START + timedelta(days=30)) >= 1
    assert [token.id for token in harness.services.users.api_tokens.own(actor=owner)] == [valid.id]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.one_of(st.text(max_size=60), st.text(min_size=37, max_size=60).map(lambda text: f"ld_{text}")))
def test_what_is_no_token_opens_nothing(authenticate, text):
    assert authenticate(text) is None


@given(
    st.dictionaries(st.sampled_from(list(Permission)), st.sampled_from([Scope.OWN, Scope.TEAM, Scope.ALL])),
    st.lists(st.sampled_from([*map(str, Permission), "ticket:*", ""]), max_size=6),
)
def test_a_token_never_exceeds_the_role(permissions, scopes):
    """Whatever is stored as scopes, and whatever the role has become by now."""
    left = narrow_permissions(permissions, scopes)
    assert left.items() <= permissions.items()
    assert set(map(str, left)) <= set(scopes)
    assert left.keys() <= set(SCOPES)


def test_what_a_person_confirms_with_a_password_is_no_scope():
    confirmed = {
        Permission.ROLE_EDIT,
        Permission.TOKEN_CREATE,
        Permission.USER_ERASE,
        Permission.USER_VIEW_AS,
    }
    assert not (confirmed | {Permission.USER_EXPORT, Permission.TICKET_EXPORT}) & set(SCOPES)
