"""Looking at the product as another person: what it shows, who may, and that nothing can be changed."""

import pytest

from models import audit as audit_table
from models import session as session_table
from services.errors import Invalid
from services.users.identity import (
    SYSTEM,
    Permission,
    PermissionDenied,
    Scope,
    Security,
    UserNotFound,
    ViewingOnly,
)
from services.users.identity.permissions import READING


def signed_in(house, actor):
    """Sign somebody in and return (token, the actor behind it)."""
    token = house.services.sessions.start(user_id=actor.user_id, now=house.now())
    return token, who(house, token)


def who(house, token):
    return house.services.authentication.actor_for(token=token, now=house.now(), address="192.0.2.9")


@pytest.fixture
def viewing(house):
    """An administrator who views as an agent; answers with (token, agent)."""
    agent = house.actor("agent", teams=["support"])
    token, admin = signed_in(house, house.actor("administrator"))
    house.services.viewing.start(actor=admin, user_id=agent.user_id, now=house.now())
    return token, agent


def test_only_what_the_other_may_read_is_open(house, viewing):
    token, agent = viewing
    seen = who(house, token)
    assert (seen.user_id, seen.name, seen.role_id, seen.kind) == (agent.user_id, agent.name, "agent", "agent")
    assert seen.team_ids == {"support"}
    assert set(seen.permissions) == {Permission.TICKET_VIEW, Permission.TICKET_NOTE}
    assert seen.viewer.role_id == "administrator"
    assert all(key.endswith(":view") or key is Permission.TICKET_NOTE for key in READING)


def test_beginning_and_stopping_are_told_of_with_who_looked(house, viewing):
    token, agent = viewing
    seen = who(house, token)
    house.services.viewing.stop(actor=seen, now=house.now())
    back = who(house, token)
    assert (back.user_id, back.viewer) == (seen.viewer.user_id, None)
    house.services.viewing.stop(actor=back, now=house.now())
    acts = [act for act in audit_table.of_subject(f"user:{agent.user_id}") if "view_as" in act.action]
    assert [(act.action, act.actor_id, act.address) for act in acts] == [
        ("user.view_as_started", back.user_id, "192.0.2.9"),
        ("user.view_as_stopped", back.user_id, "192.0.2.9"),
    ]


def test_nobody_looks_through_the_eyes_of_who_may_more(house):
    limited = {Permission.USER_VIEW_AS: Scope.ALL, Permission.TICKET_VIEW: Scope.OWN}
    house.services.roles.save(
        actor=SYSTEM, now=house.now(), role_id="looker", name="Looker", permissions=limited, seen=0
    )
    looker = house.actor("looker", permissions=limited)
    token, actor = signed_in(house, looker)
    for role in ("customer", "agent", "administrator"):
        with pytest.raises(Invalid, match="more than your own"):
            house.services.viewing.start(actor=actor, user_id=house.actor(role).user_id, now=house.now())
    for role in ("agent", "manager", "customer"):
        _, other = signed_in(house, house.actor(role))
        with pytest.raises(PermissionDenied):
            house.services.viewing.start(actor=other, user_id=looker.user_id, now=house.now())
    assert who(house, token).viewer is None


def test_nobody_looks_through_nobodys_or_their_own_eyes_or_through_two_pairs(house, viewing):
    token, _ = viewing
    _, admin = signed_in(house, house.actor("administrator"))
    with pytest.raises(Invalid, match="yourself"):
        house.services.viewing.start(actor=admin, user_id=admin.user_id, now=house.now())
    with pytest.raises(UserNotFound):
        house.services.viewing.start(actor=admin, user_id="nobody", now=house.now())
    with pytest.raises(ViewingOnly):
        house.services.viewing.start(actor=who(house, token), user_id=admin.user_id, now=house.now())


def test_the_look_ends_when_the_other_may_more_or_the_viewer_less(house):
    house.services.roles.save(
        actor=SYSTEM, now=house.now(), role_id="growing", name="Growing", permissions={}, seen=0
    )
    rights = {Permission.USER_VIEW_AS: Scope.ALL}
    house.services.roles.save(
        actor=SYSTEM, now=house.now(), role_id="eye", name="Eye", permissions=rights, seen=0
    )
    token, eye = signed_in(house, house.actor("eye", permissions=rights))
    house.services.viewing.start(
        actor=eye, user_id=house.actor("growing", permissions={}).user_id, now=house.now()
    )
    assert who(house, token).viewer
    more = {Permission.TICKET_VIEW: Scope.ALL}
    house.services.roles.save(
        actor=SYSTEM, now=house.now(), role_id="growing", name="Growing", permissions=more, seen=1
    )
    assert who(house, token).user_id == eye.user_id
    house.services.roles.save(
        actor=SYSTEM, now=house.now(), role_id="growing", name="Growing", permissions={}, seen=2
    )
    assert who(house, token).viewer
    house.services.roles.save(
        actor=SYSTEM, now=house.now(), role_id="eye", name="Eye", permissions={}, seen=1
    )
    assert who(house, token).viewer is None


def test_no_service_changes_anything_for_who_only_looks(house, viewing):
    """Behind the pages' own refusal; the permissions of the other are handed back here to prove that."""
    token, agent = viewing
    services, now = house.services, house.now()
    ticket = house.ticket(house.actor("customer"))
    seen = who(house, token)
    object.__setattr__(seen, "permissions", dict.fromkeys(Permission, Scope.ALL))
    attempts = (
        lambda: house.ticket(seen),
        lambda: house.update(seen, ticket, priority="high"),
        lambda: house.update(seen, ticket, body="Hello", public=True),
        lambda: services.users.set_theme(actor=seen, theme="dark"),
        lambda: services.users.create(
            actor=seen,
            now=now,
            name="X",
            email="seen@example.org",
            role_id="agent",
            password="tractor snow ear",
        ),
        lambda: services.roles.save(actor=seen, now=now, role_id="x", name="X", permissions={}, seen=0),
        lambda: services.roles.secure(actor=seen, now=now, role_id="agent", security=Security(), seen=1),
        lambda: services.catalog.save(
            actor=seen, now=now, kind="team", id_=None, name="T", active=True, seen=0
        ),
        lambda: services.second_factor.begin(seen),
        lambda: services.devices.end_all(actor=seen, user_id=agent.user_id, now=now),
        lambda: services.devices.end(actor=seen, user_id=agent.user_id, session_id="0" * 64, now=now),
        lambda: services.proofs.prove(actor=seen, answer="x", now=now),
        lambda: services.accounts.change_password(
            actor=seen, current="x", password="tractor snow ear", session_id=seen.session_id, now=now
        ),
    )
    for attempt in attempts:
        with pytest.raises(ViewingOnly):
            attempt()


def test_who_lacks_a_required_second_factor_may_nothing(house):
    made = house.services.roles.save(
        actor=SYSTEM, now=house.now(), role_id="guarded", name="Guarded", seen=0,
        permissions={Permission.TICKET_VIEW: Scope.ALL, Permission.USER_VIEW_AS: Scope.ALL},
        security=Security(second_factor=True),
    )  # fmt: skip
    assert made.security == house.services.roles.read("guarded").security == Security(second_factor=True)
    token, actor = signed_in(house, house.actor("guarded", permissions={}))
    assert actor.second_factor_missing
    assert not actor.permissions
    session_table.amend(actor.session_id, viewing=house.actor("customer").user_id)
    assert who(house, token).viewer is None
