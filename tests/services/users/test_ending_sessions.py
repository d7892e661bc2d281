"""Ended sessions stay ended: by the person's own time, whatever an index or a memory still holds."""

from datetime import timedelta

import pytest

from dynamodb_client import consumed
from models import session as session_table
from models import user as user_table
from services.users.accounts import Purpose
from services.users.accounts.signed_links import Link
from services.users.credentials import Origin, SessionGone
from services.users.identity import SYSTEM, Permission, PermissionDenied, Scope, Security, SignInExpired
from tests.services.harness import House

PASSWORD = "correct horse battery"
ANOTHER = "violet tractor under snowfall"


@pytest.fixture
def stale(monkeypatch):
    """An index that knows of no session yet."""
    monkeypatch.setattr(session_table, "of_user", lambda _user_id: [])


@pytest.fixture
def made(house: House):
    """Bring somebody with two browsers; answers with the person and both tokens."""
    now = house.now()
    email = f"two{now.timestamp():.0f}@example.org"
    user = house.services.users.create(
        actor=SYSTEM, now=now, name="Two", email=email, role_id="agent", password=PASSWORD
    )
    tokens = [
        house.services.authentication.sign_in(
            email=email, password=PASSWORD, origin=Origin(f"192.0.2.{n}"), now=house.now()
        ).token
        for n in (1, 2)
    ]
    return user, *tokens


def who(house, token):
    return house.services.authentication.actor_for(token=token, now=house.now())


def update(house, user, **changes):
    wanted = {
        "name": user.name, "email": user.email, "role_id": user.role_id, "active": True, "team_ids": (),
    } | changes  # fmt: skip
    return house.services.users.update(
        actor=SYSTEM, now=house.now(), user_id=user.user_id, seen=user.version, **wanted
    )


@pytest.mark.usefixtures("stale")
@pytest.mark.parametrize(
    "changes", [{"active": False}, {"role_id": "manager"}], ids=["suspended", "re-roled"]
)
def test_a_change_by_an_administrator_ends_sessions_no_index_shows(house, made, changes):
    user, here, there = made
    assert who(house, here)
    update(house, user, **changes)
    assert (who(house, here), who(house, there)) == (None, None)
    assert session_table.find(house.services.sessions.id_of(here)), "it was not deleted: the time ended it"


@pytest.mark.usefixtures("stale")
def test_a_new_name_ends_nothing(house, made):
    user, here, _ = made
    update(house, user, name="Renamed")
    assert who(house, here)


@pytest.mark.usefixtures("stale")
def test_a_new_password_keeps_this_session_alone(house, made):
    user, here, there = made
    house.services.accounts.change_password(
        actor=who(house, here),
        current=PASSWORD,
        password=ANOTHER,
        session_id=house.services.sessions.id_of(here),
        now=house.now(),
    )
    house.services.users.get(user.user_id, fresh=True)
    assert who(house, here)
    assert who(house, there) is None


@pytest.mark.usefixtures("stale")
def test_a_password_chosen_by_a_link_ends_all(house, made):
    user, here, there = made
    accounts = house.services.accounts
    accounts.send_link(user_table.find(user.user_id), Purpose.RESET, house.now())
    nonce = user_table.find(user.user_id).links[Purpose.RESET][0]
    token = accounts._links.token(Link(user.user_id, Purpose.RESET, nonce))
    accounts.choose_password(token=token, purpose=Purpose.RESET, password=ANOTHER, now=house.now())
    house.services.users.get(user.user_id, fresh=True)
    assert (who(house, here), who(house, there)) == (None, None)


@pytest.mark.usefixtures("stale")
def test_signing_out_everywhere_keeps_this_browser_of_ones_own(house, made):
    user, here, there = made
    house.services.devices.end_all(actor=who(house, here), user_id=user.user_id, now=house.now())
    house.services.users.get(user.user_id, fresh=True)
    assert who(house, here)
    assert who(house, there) is None


@pytest.mark.usefixtures("stale")
def test_a_session_that_was_ended_cannot_save_itself(house, made):
    """For five seconds a process may remember the person as before; that buys no longer life."""
    user, here, _ = made
    thief = who(house, here)
    house.services.devices.end_all(actor=house.actor("administrator"), user_id=user.user_id, now=house.now())
    for act in (
        lambda: house.services.devices.end_all(actor=thief, user_id=user.user_id, now=house.now()),
        lambda: house.services.accounts.change_password(
            actor=thief, current=PASSWORD, password=ANOTHER, session_id=thief.session_id, now=house.now()
        ),
    ):
        with pytest.raises(SignInExpired):
            act()
    house.services.users.get(user.user_id, fresh=True)
    assert who(house, here) is None


def test_who_signs_in_where_the_clock_is_behind_is_signed_in(house, made):
    user, *_ = made
    ahead = house.now() + timedelta(seconds=3)
    house.services.devices.end_all(actor=house.actor("administrator"), user_id=user.user_id, now=ahead)
    house.services.users.get(user.user_id, fresh=True)
    token = house.services.authentication.sign_in(
        email=user.email, password=PASSWORD, origin=Origin(), now=house.now()
    ).token
    assert who(house, token)


def test_one_session_is_ended_and_told_of(house, made):
    user, here, there = made
    admin = house.actor("administrator")
    devices = house.services.devices
    found = {
        one.address: one for one in devices.of_person(actor=admin, user_id=user.user_id, now=house.now())
    }
    assert set(found) == {"192.0.2.1", "192.0.2.2"}
    devices.end(actor=admin, user_id=user.user_id, session_id=found["192.0.2.2"].id, now=house.now())
    assert who(house, here)
    assert who(house, there) is None
    with pytest.raises(SessionGone):
        devices.end(actor=admin, user_id=user.user_id, session_id=found["192.0.2.2"].id, now=house.now())


@pytest.mark.parametrize("wild", ["", "x", "0" * 64, "x" * 10**5, "\ud800", "A" * 64])
def test_forged_ids_end_nothing(house, made, wild):
    user, here, _ = made
    victim = house.services.sessions.id_of(here)
    someone = house.actor("agent")
    for id_ in (wild, victim):
        with pytest.raises(SessionGone):
            house.services.devices.end(
                actor=someone, user_id=someone.user_id, session_id=id_, now=house.now()
            )
    with pytest.raises(PermissionDenied):
        house.services.devices.end(actor=someone, user_id=user.user_id, session_id=victim, now=house.now())
    with pytest.raises(PermissionDenied):
        house.services.devices.end_all(actor=someone, user_id=user.user_id, now=house.now())
    assert who(house, here)


def test_a_shorter_time_out_holds_within_seconds_for_sessions_that_run(house, made):
    user, *_ = made
    role = house.services.roles.save(
        actor=SYSTEM, now=house.now(), role_id="brief", name="Brief", seen=0,
        permissions={Permission.TICKET_VIEW: Scope.OWN},
    )  # fmt: skip
    update(house, user, role_id=role.role_id)
    now = house.now()
    token = house.services.sessions.start(user_id=user.user_id, now=now)
    authentication, hour = house.services.authentication, now + timedelta(hours=1)
    assert authentication.actor_for(token=token, now=hour)
    house.services.roles.secure(
        actor=SYSTEM, role_id="brief", security=Security(idle_minutes=15), seen=1, now=now
    )
    assert authentication.actor_for(token=token, now=hour + timedelta(minutes=14))
    assert authentication.actor_for(token=token, now=hour + timedelta(minutes=29)) is None


@pytest.mark.parametrize("viewing", [False, True])
def test_a_signed_in_request_reads_the_engine_once(house, made, viewing):
    """Session, person and role together; also when somebody looks through another's eyes."""
    user, _, _ = made
    admin = house.actor("administrator")
    token = house.services.sessions.start(user_id=admin.user_id, now=house.now())
    if viewing:
        house.services.viewing.start(actor=who(house, token), user_id=user.user_id, now=house.now())
    assert (who(house, token).viewer is not None) == viewing
    with consumed() as meter:
        assert who(house, token)
    assert meter.requests == 1
