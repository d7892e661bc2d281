"""Looking at the product as another person: what it shows, who may, and that nothing can be changed."""

import pytest

from models import audit as audit_table
from models import session as session_table
from services.errors import Invalid
from services.users.authorization import Outranked
from services.users.identity import (
    SYSTEM,
    Permission,
    PermissionDenied,
    Scope,
    SignInPolicy,
    UserNotFound,
    ViewingOnly,
)
from services.users.identity.permissions import READING


def signed_in(harness, actor):
    """Sign somebody in and return (token, the actor behind it)."""
    token = harness.services.users.sessions.start(user_id=actor.user_id, now=harness.now())
    return token, who(harness, token)


def who(harness, token):
    return harness.services.users.authentication.actor_for(
        token=token, now=harness.now(), address="192.0.2.9"
    )


@pytest.fixture
def viewing(harness):
    """An administrator who views as an agent; answers with (token, agent)."""
    agent = harness.actor("agent", teams=["support"])
    token, admin = signed_in(harness, harness.actor("administrator"))
    harness.services.users.view_as.start(actor=admin, user_id=agent.user_id, now=harness.now())
    return token, agent


def test_only_what_the_other_may_read_is_open(harness, viewing):
    token, agent = viewing
    seen = who(harness, token)
    assert (seen.user_id, seen.name, seen.role_id, seen.kind) == (agent.user_id, agent.name, "agent", "agent")
    assert seen.team_ids == {"support"}
    assert set(seen.permissions) == {Permission.TICKET_VIEW, Permission.TICKET_NOTE}
    assert seen.viewer.role_id == "administrator"
    assert all(key.endswith(":view") or key is Permission.TICKET_NOTE for key in READING)


def test_beginning_and_stopping_are_told_of_with_who_looked(harness, viewing):
    token, agent = viewing
    seen = who(harness, token)
    harness.services.users.view_as.stop(actor=seen, now=harness.now())
    back = who(harness, token)
    assert (back.user_id, back.viewer) == (seen.viewer.user_id, None)
    harness.services.users.view_as.stop(actor=back, now=harness.now())
    events = [event for event in audit_table.of_subject(f"user:{agent.user_id}") if "view_as" in event.action]
    assert [(event.action, event.actor_id, event.address) for event in events] == [
        ("user.view_as_started", back.user_id, "192.0.2.9"),
        ("user.view_as_stopped", back.user_id, "192.0.2.9"),
    ]


def test_nobody_looks_through_the_eyes_of_who_may_more(harness):
    limited = {Permission.USER_VIEW_AS: Scope.ALL, Permission.TICKET_VIEW: Scope.OWN}
    harness.services.users.roles.save(
        actor=SYSTEM,
        now=harness.now(),
        role_id="looker",
        name="Looker",
        permissions=limited,
        expected_version=0,
    )
    looker = harness.actor("looker", permissions=limited)
    token, actor = signed_in(harness, looker)
    for role in ("customer", "agent", "administrator"):
        with pytest.raises(Outranked, match="more than your own"):
            harness.services.users.view_as.start(
                actor=actor, user_id=harness.actor(role).user_id, now=harness.now()
            )
    for role in ("agent", "manager", "customer"):
        _, other = signed_in(harness, harness.actor(role))
        with pytest.raises(PermissionDenied):
            harness.services.users.view_as.start(actor=other, user_id=looker.user_id, now=harness.now())
    assert who(harness, token).viewer is None


def test_nobody_looks_through_nobodys_or_their_own_eyes_or_through_two_pairs(harness, viewing):
    token, _ = viewing
    _, admin = signed_in(harness, harness.actor("administrator"))
    with pytest.raises(Invalid, match="yourself"):
        harness.services.users.view_as.start(actor=admin, user_id=admin.user_id, now=harness.now())
    with pytest.raises(UserNotFound):
        harness.services.users.view_as.start(actor=admin, user_id="nobody", now=harness.now())
    with pytest.raises(ViewingOnly):
        harness.services.users.view_as.start(
            actor=who(harness, token), user_id=admin.user_id, now=harness.now()
        )


def test_the_look_ends_when_the_other_may_more_or_the_viewer_less(harness):
    harness.services.users.roles.save(
        actor=SYSTEM, now=harness.now(), role_id="growing", name="Growing", permissions={}, expected_version=0
    )
    rights = {Permission.USER_VIEW_AS: Scope.ALL}
    harness.services.users.roles.save(
        actor=SYSTEM, now=harness.now(), role_id="eye", name="Eye", permissions=rights, expected_version=0
    )
    token, eye = signed_in(harness, harness.actor("eye", permissions=rights))
    harness.services.users.view_as.start(
        actor=eye, user_id=harness.actor("growing", permissions={}).user_id, now=harness.now()
    )
    assert who(harness, token).viewer
    more = {Permission.TICKET_VIEW: Scope.ALL}
    harness.services.users.roles.save(
        actor=SYSTEM,
        now=harness.now(),
        role_id="growing",
        name="Growing",
        permissions=more,
        expected_version=1,
    )
    assert who(harness, token).user_id == eye.user_id
    harness.services.users.roles.save(
        actor=SYSTEM, now=harness.now(), role_id="growing", name="Growing", permissions={}, expected_version=2
    )
    assert who(harness, token).viewer
    harness.services.users.roles.save(
        actor=SYSTEM, now=harness.now(), role_id="eye", name="Eye", permissions={}, expected_version=1
    )
    assert who(harness, token).viewer is None


def test_no_service_changes_anything_for_who_only_looks(harness, viewing):
    """Behind the pages' own refusal; the permissions of the other are handed back here to prove that."""
    token, agent = viewing
    services, now = harness.services, harness.now()
    ticket = harness.ticket(harness.actor("customer"))
    seen = who(harness, token)
    object.__setattr__(seen, "permissions", dict.fromkeys(Permission, Scope.ALL))
    attempts = (
        lambda: harness.ticket(seen),
        lambda: harness.update(seen, ticket, priority="high"),
        lambda: harness.update(seen, ticket, body="Hello", public=True),
        lambda: services.users.accounts.set_theme(actor=seen, theme="dark"),
        lambda: services.users.accounts.create(
            actor=seen,
            now=now,
            name="X",
            email="seen@example.org",
            role_id="agent",
            password="tractor snow ear",
        ),
        lambda: services.users.roles.save(
            actor=seen, now=now, role_id="x", name="X", permissions={}, expected_version=0
        ),
        lambda: services.users.roles.secure(
            actor=seen, now=now, role_id="agent", security=SignInPolicy(), expected_version=1
        ),
        lambda: services.catalog.save(
            actor=seen, now=now, kind="team", id_=None, name="T", active=True, expected_version=0
        ),
        lambda: services.users.second_factor.begin(seen),
        lambda: services.users.devices.end_all(actor=seen, user_id=agent.user_id, now=now),
        lambda: services.users.devices.end(actor=seen, user_id=agent.user_id, session_id="0" * 64, now=now),
        lambda: services.users.step_up.verify(actor=seen, answer="x", now=now),
        lambda: services.users.own_account.change_password(
            actor=seen,
            current="x",
            password="tractor snow ear",
            session_id=seen.session_id,
            revoke_tokens=True,
            now=now,
        ),
    )
    for attempt in attempts:
        with pytest.raises(ViewingOnly):
            attempt()


def test_who_lacks_a_required_second_factor_may_nothing(harness):
    role = harness.services.users.roles.save(
        actor=SYSTEM, now=harness.now(), role_id="guarded", name="Guarded", expected_version=0,
        permissions={Permission.TICKET_VIEW: Scope.ALL, Permission.USER_VIEW_AS: Scope.ALL},
        security=SignInPolicy(second_factor=True),
    )  # fmt: skip
    assert (
        role.security
        == harness.services.users.roles.read("guarded").security
        == SignInPolicy(second_factor=True)
    )
    token, actor = signed_in(harness, harness.actor("guarded", permissions={}))
    assert actor.second_factor_missing
    assert not actor.permissions
    session_table.update(actor.session_id, viewing=harness.actor("customer").user_id)
    assert who(harness, token).viewer is None
