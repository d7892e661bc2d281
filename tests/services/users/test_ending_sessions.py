"""Ended sessions stay ended: by the person's own time, whatever an index or a memory still holds."""

from datetime import timedelta

import pytest

from dynamodb_client import consumed
from models import session as session_table
from models import user as user_table
from services.users.accounts import Purpose
from services.users.accounts.signed_links import Link
from services.users.credentials import Origin, SessionGone
from services.users.credentials.sessions import hash_token
from services.users.identity import SYSTEM, Permission, PermissionDenied, Scope, SignInExpired, SignInPolicy
from tests.services.harness import Harness

PASSWORD = "correct horse battery"
ANOTHER = "violet tractor under snowfall"


@pytest.fixture
def stale(monkeypatch):
    """An index that knows of no session yet."""
    monkeypatch.setattr(session_table, "of_user", lambda _user_id: [])


@pytest.fixture
def signed_in(harness: Harness):
    """Bring somebody with two browsers; answers with the person and both tokens."""
    now = harness.now()
    email = f"two{now.timestamp():.0f}@example.org"
    user = harness.services.users.accounts.create(
        actor=SYSTEM, now=now, name="Two", email=email, role_id="agent", password=PASSWORD
    )
    tokens = [
        harness.services.users.authentication.sign_in(
            email=email, password=PASSWORD, origin=Origin(f"192.0.2.{n}"), now=harness.now()
        ).token
        for n in (1, 2)
    ]
    return user, *tokens


def who(harness, token):
    return harness.services.users.authentication.actor_for(token=token, now=harness.now())


def update(harness, user, **changes):
    fields = {
        "name": user.name, "email": user.email, "role_id": user.role_id, "active": True, "team_ids": (),
    } | changes  # fmt: skip
    return harness.services.users.accounts.update(
        actor=SYSTEM, now=harness.now(), user_id=user.user_id, expected_version=user.version, **fields
    )


@pytest.mark.usefixtures("stale")
@pytest.mark.parametrize(
    "changes", [{"active": False}, {"role_id": "manager"}], ids=["suspended", "re-roled"]
)
def test_a_change_by_an_administrator_ends_sessions_no_index_shows(harness, signed_in, changes):
    user, here, there = signed_in
    assert who(harness, here)
    update(harness, user, **changes)
    assert (who(harness, here), who(harness, there)) == (None, None)
    assert session_table.find(hash_token(here)), "it was not deleted: the time ended it"


@pytest.mark.usefixtures("stale")
def test_a_new_name_ends_nothing(harness, signed_in):
    user, here, _ = signed_in
    update(harness, user, name="Renamed")
    assert who(harness, here)


@pytest.mark.usefixtures("stale")
def test_a_new_password_keeps_this_session_alone(harness, signed_in):
    user, here, there = signed_in
    harness.services.users.own_account.change_password(
        actor=who(harness, here),
        current=PASSWORD,
        password=ANOTHER,
        session_id=hash_token(here),
        revoke_tokens=False,
        now=harness.now(),
    )
    harness.services.users.accounts.get(user.user_id, fresh=True)
    assert who(harness, here)
    assert who(harness, there) is None


@pytest.mark.usefixtures("stale")
def test_a_password_chosen_by_a_link_ends_all(harness, signed_in):
    user, here, there = signed_in
    accounts = harness.services.users.own_account
    accounts.send_link(user_table.find(user.user_id), Purpose.RESET, harness.now())
    nonce = user_table.find(user.user_id).links[Purpose.RESET][0]
    token = accounts._links.token(Link(user.user_id, Purpose.RESET, nonce))
    accounts.choose_password(
        token=token, purpose=Purpose.RESET, password=ANOTHER, origin=Origin(), now=harness.now()
    )
    harness.services.users.accounts.get(user.user_id, fresh=True)
    assert (who(harness, here), who(harness, there)) == (None, None)


@pytest.mark.usefixtures("stale")
def test_signing_out_everywhere_keeps_this_browser_of_ones_own(harness, signed_in):
    user, here, there = signed_in
    harness.services.users.devices.end_all(actor=who(harness, here), user_id=user.user_id, now=harness.now())
    harness.services.users.accounts.get(user.user_id, fresh=True)
    assert who(harness, here)
    assert who(harness, there) is None


@pytest.mark.usefixtures("stale")
def test_a_session_that_was_ended_cannot_save_itself(harness, signed_in):
    """For five seconds a process may remember the person as before; that buys no longer life."""
    user, here, _ = signed_in
    thief = who(harness, here)
    harness.services.users.devices.end_all(
        actor=harness.actor("administrator"), user_id=user.user_id, now=harness.now()
    )
    for attempt in (
        lambda: harness.services.users.devices.end_all(actor=thief, user_id=user.user_id, now=harness.now()),
        lambda: harness.services.users.own_account.change_password(
            actor=thief,
            current=PASSWORD,
            password=ANOTHER,
            session_id=thief.session_id,
            revoke_tokens=False,
            now=harness.now(),
        ),
    ):
        with pytest.raises(SignInExpired):
            attempt()
    harness.services.users.accounts.get(user.user_id, fresh=True)
    assert who(harness, here) is None


def test_who_signs_in_where_the_clock_is_behind_is_signed_in(harness, signed_in):
    user, *_ = signed_in
    ahead = harness.now() + timedelta(seconds=3)
    harness.services.users.devices.end_all(
        actor=harness.actor("administrator"), user_id=user.user_id, now=ahead
    )
    harness.services.users.accounts.get(user.user_id, fresh=True)
    token = harness.services.users.authentication.sign_in(
        email=user.email, password=PASSWORD, origin=Origin(), now=harness.now()
    ).token
    assert who(harness, token)


def test_one_session_is_ended_and_told_of(harness, signed_in):
    user, here, there = signed_in
    admin = harness.actor("administrator")
    devices = harness.services.users.devices
    sessions = {
        one.address: one
        for one in devices.list_for_user(actor=admin, user_id=user.user_id, now=harness.now())
    }
    assert set(sessions) == {"192.0.2.1", "192.0.2.2"}
    devices.end(actor=admin, user_id=user.user_id, session_id=sessions["192.0.2.2"].id, now=harness.now())
    assert who(harness, here)
    assert who(harness, there) is None
    with pytest.raises(SessionGone):
        devices.end(actor=admin, user_id=user.user_id, session_id=sessions["192.0.2.2"].id, now=harness.now())


@pytest.mark.parametrize("wild", ["", "x", "0" * 64, "x" * 10**5, "\ud800", "A" * 64])
def test_forged_ids_end_nothing(harness, signed_in, wild):
    user, here, _ = signed_in
    victim = hash_token(here)
    someone = harness.actor("agent")
    for id_ in (wild, victim):
        with pytest.raises(SessionGone):
            harness.services.users.devices.end(
                actor=someone, user_id=someone.user_id, session_id=id_, now=harness.now()
            )
    with pytest.raises(PermissionDenied):
        harness.services.users.devices.end(
            actor=someone, user_id=user.user_id, session_id=victim, now=harness.now()
        )
    with pytest.raises(PermissionDenied):
        harness.services.users.devices.end_all(actor=someone, user_id=user.user_id, now=harness.now())
    assert who(harness, here)


def test_a_shorter_time_out_holds_within_seconds_for_sessions_that_run(harness, signed_in):
    user, *_ = signed_in
    role = harness.services.users.roles.save(
        actor=SYSTEM, now=harness.now(), role_id="brief", name="Brief", expected_version=0,
        permissions={Permission.TICKET_VIEW: Scope.OWN},
    )  # fmt: skip
    update(harness, user, role_id=role.role_id)
    now = harness.now()
    token = harness.services.users.sessions.start(user_id=user.user_id, now=now)
    authentication, hour = harness.services.users.authentication, now + timedelta(hours=1)
    assert authentication.actor_for(token=token, now=hour)
    harness.services.users.roles.secure(
        actor=SYSTEM, role_id="brief", security=SignInPolicy(idle_minutes=15), expected_version=1, now=now
    )
    assert authentication.actor_for(token=token, now=hour + timedelta(minutes=14))
    assert authentication.actor_for(token=token, now=hour + timedelta(minutes=29)) is None


@pytest.mark.parametrize("viewing", [False, True])
def test_a_signed_in_request_reads_the_engine_once(harness, signed_in, viewing):
    """Session, person and role together; also when somebody looks through another's eyes."""
    user, _, _ = signed_in
    admin = harness.actor("administrator")
    token = harness.services.users.sessions.start(user_id=admin.user_id, now=harness.now())
    if viewing:
        harness.services.users.view_as.start(
            actor=who(harness, token), user_id=user.user_id, now=harness.now()
        )
    assert (who(harness, token).viewer is not None) == viewing
    with consumed() as meter:
        assert who(harness, token)
    assert meter.requests == 1
