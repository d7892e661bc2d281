"""API tokens: never worth more than their maker, shown once, ended for good."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import api_token, audit
from models import user as user_table
from models.api_token import ApiToken
from services.errors import Invalid, NotFound
from services.users import BUILT_IN, SYSTEM, Permission, PermissionDenied, Scope, Security
from services.users.tokens import narrowed
from tests.services.house import START

SEE, CHANGE, NOTE = Permission.TICKET_VIEW, Permission.TICKET_UPDATE, Permission.TICKET_NOTE


@pytest.fixture
def maker(house):
    """A stored person of their own for each test."""
    return house.actor("agent")


@pytest.fixture
def make(house, maker):
    def make(*scopes, days=30, actor=None, name="nightly report"):
        return house.services.tokens.create(
            actor=actor or maker, now=START, name=name, scopes=scopes or [SEE], days=days
        )

    return make


@pytest.fixture
def holder(house):
    return lambda secret, now=START: house.services.tokens.holder(secret=secret, now=now, address="192.0.2.9")


def demote(house, person, role="customer", *, active=True):
    """Change a stored person as an administrator does; services forget what they remembered of them."""
    stored = house.services.users.get(person.user_id)
    house.services.users.update(
        actor=SYSTEM, now=START, user_id=person.user_id, seen=stored.version, name=stored.name, email="",
        role_id=role, active=active, team_ids=(),
    )  # fmt: skip


def test_a_token_acts_as_its_maker_within_its_scopes(house, maker, make, holder):
    token, secret = make(SEE, NOTE)
    found = holder(secret)
    assert (found.actor.user_id, found.actor.name, found.actor.kind) == (maker.user_id, maker.name, "agent")
    assert found.actor.address == "192.0.2.9"
    assert found.actor.permissions == {SEE: Scope.ALL, NOTE: Scope.ALL}
    assert found.token.name == token.name == "nightly report"


def test_the_secret_can_be_found_by_scanners_and_is_kept_nowhere(house, maker, make):
    token, secret = make()
    assert secret.startswith("ld_")
    assert len(secret) >= 40
    assert secret not in repr(token)
    stored = [item.serialize() for item in ApiToken.scan()] + [
        entry.serialize() for entry in audit.of_subject(f"user:{maker.user_id}")
    ]
    assert secret not in repr(stored)
    assert secret.removeprefix("ld_") not in repr(stored)


def test_making_and_revoking_stand_in_the_trail(house, maker, make):
    token, _ = make(SEE)
    house.services.tokens.revoke(actor=maker, token_id=token.id, now=START + timedelta(seconds=1))
    made, ended = audit.of_subject(f"user:{maker.user_id}")
    assert (made.action, ended.action) == ("token.created", "token.revoked")
    assert made.changes == {
        "token": [None, "nightly report"], "scopes": [None, ["ticket:view"]], "days": [None, 30],
    }  # fmt: skip
    assert token.id not in repr((made.serialize(), ended.serialize()))


@pytest.mark.parametrize(
    "wanted",
    [
        {"scopes": []}, {"scopes": ["ticket:export"]}, {"scopes": ["user:erase"]}, {"scopes": ["*"]},
        {"scopes": ["ticket:view", "token:create"]}, {"name": ""}, {"name": "x" * 61}, {"name": "\u200b"},
        {"days": None}, {"days": 0}, {"days": 31}, {"days": -7},
    ],
    ids=str,
)  # fmt: skip
def test_what_nobody_can_have_is_refused(house, maker, wanted):
    given = {"name": "n", "scopes": ["ticket:view"], "days": 30, **wanted}
    with pytest.raises(Invalid):
        house.services.tokens.create(actor=maker, now=START, **given)
    assert house.services.tokens.own(actor=maker) == []


def test_nobody_grants_what_they_lack(house, make):
    limited = house.actor("agent", permissions={SEE: Scope.OWN, Permission.TOKEN_CREATE: Scope.OWN})
    with pytest.raises(Invalid):
        make(SEE, CHANGE, actor=limited)
    with pytest.raises(PermissionDenied):
        make(SEE, actor=house.actor("customer"))


def test_no_end_is_there_where_the_settings_allow_it(house, make, holder, monkeypatch):
    monkeypatch.setattr(house.services.tokens, "may_be_endless", True)
    token, secret = make(days=None)
    assert token.expires_at is None
    assert holder(secret, START + timedelta(days=4000)).actor.may(SEE)


@pytest.mark.parametrize("days", [7, 30, 90, 365])
def test_a_token_ends_when_it_expires(make, holder, days):
    _, secret = make(days=days)
    assert holder(secret, START + timedelta(days=days, seconds=-1))
    assert holder(secret, START + timedelta(days=days)) is None


def test_a_revoked_token_ends_at_once(house, maker, make, holder):
    token, secret = make()
    assert holder(secret)
    house.services.tokens.revoke(actor=maker, token_id=token.id, now=START)
    assert holder(secret) is None
    api_token.touch(token.id, START)
    assert holder(secret) is None, "noting its use does not bring it back"
    with pytest.raises(NotFound):
        house.services.tokens.revoke(actor=maker, token_id=token.id, now=START)


def test_a_lesser_role_narrows_the_token_and_suspension_ends_it(house, maker, make, holder):
    _, secret = make(SEE, CHANGE)
    administrator = house.actor("administrator")
    house.services.roles.save(
        actor=administrator, role_id="watchers", name="Watchers", seen=0, now=START,
        permissions={SEE: Scope.OWN, Permission.TOKEN_CREATE: Scope.OWN},
    )  # fmt: skip
    demote(house, maker, "watchers")
    assert holder(secret).actor.permissions == {SEE: Scope.OWN}
    assert holder(secret).actor.kind == "customer"
    demote(house, maker, "watchers", active=False)
    assert holder(secret) is None
    demote(house, maker, "customer")
    assert holder(secret) is None, "a role without tokens of one's own"
    demote(house, maker, "agent")
    assert holder(secret).actor.permissions.keys() == {SEE, CHANGE}


def test_a_role_that_demands_a_second_factor_lets_no_token_go_round_it(house, maker, make, holder):
    _, secret = make(SEE)
    house.services.roles.save(
        actor=house.actor("administrator"), role_id="careful", name="Careful", seen=0, now=START,
        permissions={SEE: Scope.ALL, Permission.TOKEN_CREATE: Scope.OWN},
        security=Security(second_factor=True),
    )  # fmt: skip
    demote(house, maker, "careful")
    assert holder(secret) is None
    user_table.amend(maker.user_id, totp="sealed")
    house.services.users._cache.drop(maker.user_id)
    assert holder(secret).actor.may(SEE)


def test_another_process_notices_within_five_seconds(house, maker, make, holder, monkeypatch):
    _, secret = make()
    assert holder(secret)
    clock = [0.0]
    kept = house.services.users._cache
    monkeypatch.setattr(kept, "_clock", lambda: clock[0])
    kept.drop(maker.user_id)
    assert holder(secret)
    user_table.amend(maker.user_id, active=False)  # as another process would
    assert holder(secret), "remembered"
    clock[0] = 5.1
    assert holder(secret) is None


def test_others_tokens_are_for_those_who_may_revoke_them(house, maker, make, holder):
    token, secret = make()
    for somebody in (house.actor("agent"), house.actor("manager"), house.actor("customer")):
        with pytest.raises(NotFound):
            house.services.tokens.revoke(actor=somebody, token_id=token.id, now=START)
    assert holder(secret)
    assert house.services.tokens.own(actor=house.actor("agent")) == []
    house.services.tokens.revoke(actor=house.actor("administrator"), token_id=token.id, now=START)
    assert holder(secret) is None


def test_the_last_use_is_written_every_ten_minutes_at_most(house, maker, make, holder):
    _, secret = make()

    def last_used():
        return house.services.tokens.own(actor=maker)[0].last_used_at

    assert last_used() is None
    holder(secret)
    assert last_used() == START
    holder(secret, START + timedelta(minutes=9, seconds=59))
    assert last_used() == START
    holder(secret, START + timedelta(minutes=10))
    assert last_used() == START + timedelta(minutes=10)


def test_a_person_has_fifty_tokens_at_most(house, make, maker):
    for number in range(50):
        make(name=f"token {number}")
    with pytest.raises(Invalid, match="50"):
        make(name="one more")
    assert len(house.services.tokens.own(actor=maker)) == 50


def test_expired_tokens_are_swept(house, maker, make):
    make(days=7)
    kept, _ = make(days=90)
    assert house.services.tokens.sweep(now=START + timedelta(days=30)) >= 1
    assert [token.id for token in house.services.tokens.own(actor=maker)] == [kept.id]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.one_of(st.text(max_size=60), st.text(min_size=37, max_size=60).map(lambda text: f"ld_{text}")))
def test_what_is_no_token_opens_nothing(holder, text):
    assert holder(text) is None


@given(
    st.dictionaries(st.sampled_from(list(Permission)), st.sampled_from([Scope.OWN, Scope.TEAM, Scope.ALL])),
    st.lists(st.sampled_from([*map(str, Permission), "ticket:*", ""]), max_size=6),
)
def test_a_token_never_exceeds_the_role(permissions, scopes):
    """Whatever is stored as scopes, and whatever the role has become by now."""
    left = narrowed(permissions, scopes)
    assert left.items() <= permissions.items()
    assert set(map(str, left)) <= set(scopes)
    assert left.keys() <= BUILT_IN["agent"][1].keys(), "nothing beyond tickets"
