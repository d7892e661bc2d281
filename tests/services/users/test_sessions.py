"""Sign-ins on the server side."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamodb_client import consumed
from models import session as session_table
from models.session import Session as SessionItem
from services.users.credentials import SessionManager
from services.users.credentials.sessions import WRITE_EVERY, hash_token
from services.users.identity.sign_in_policy import ABSOLUTE_CHOICES, IDLE_CHOICES, OPEN, SignInPolicy
from tests.services.harness import START

TICK = timedelta(seconds=1)
IDLE, ABSOLUTE = OPEN.idle, OPEN.absolute


@pytest.fixture(scope="module")
def sessions(harness) -> SessionManager:
    return harness.services.users.sessions


@pytest.fixture
def token(sessions):
    return sessions.start(user_id="ana", now=START)


def resolve(sessions, token, after, security=OPEN):
    """Use a session as a request does: find it, then slide its idle limit."""
    session = sessions.resolve(token=token, now=START + after)
    return session if session and sessions.use(session, security=security, now=START + after) else None


def test_the_table_holds_no_token(sessions, token):
    stored = SessionItem.get(hash_token(token))
    assert token not in str(stored.serialize())
    assert len(token) >= 40
    assert resolve(sessions, token, TICK).user_id == "ana"


@pytest.mark.parametrize(
    ("after", "alive"), [(IDLE - TICK, True), (IDLE, False), (IDLE + TICK, False), (3 * ABSOLUTE, False)]
)
def test_an_idle_session_ends(sessions, token, after, alive):
    assert (resolve(sessions, token, after) is not None) == alive


def test_use_keeps_a_session_alive_but_not_for_ever(sessions, token):
    step = IDLE - timedelta(minutes=1)
    moment = step
    while moment < ABSOLUTE:
        assert resolve(sessions, token, moment) is not None, moment
        moment += step
    assert resolve(sessions, token, ABSOLUTE - TICK) is not None
    assert resolve(sessions, token, ABSOLUTE) is None


def test_use_is_written_down_at_most_every_ten_minutes(sessions, token):
    def requests(after):
        with consumed() as meter:
            assert resolve(sessions, token, after) is not None
        return meter.requests

    minutes = [timedelta(minutes=m) for m in range(1, 41)]
    counts = [requests(minute) for minute in minutes]
    assert counts == [2 if m % 10 == 0 else 1 for m in range(1, 41)], "one read, a write at 10, 20, 30, 40"
    assert timedelta(minutes=10) == WRITE_EVERY


@given(
    idle=st.sampled_from(IDLE_CHOICES),
    absolute=st.sampled_from(ABSOLUTE_CHOICES),
    pauses=st.lists(st.integers(min_value=1, max_value=20 * 60), min_size=1, max_size=8),
)
def test_a_session_lasts_as_long_as_its_role_says(sessions, idle, absolute, pauses):
    """Ends at the absolute limit; rests as long as the idle one, less what goes unwritten of the last use."""
    security = SignInPolicy(False, idle, absolute)
    token = sessions.start(user_id="ana", now=START)
    used, unwritten = 0, min(10, idle / 10)
    for pause in pauses:
        moment = used + pause
        alive = resolve(sessions, token, timedelta(minutes=moment), security) is not None
        if pause >= idle or moment >= absolute:
            assert not alive
        elif pause < idle - unwritten:
            assert alive
        if not alive:
            break
        used = moment
    sessions.revoke(token=token)


def test_a_shorter_limit_holds_for_sessions_that_run_already(sessions, token):
    hour = timedelta(hours=1)
    assert resolve(sessions, token, hour) is not None
    assert resolve(sessions, token, hour + 15 * TICK * 60, SignInPolicy(False, 15)) is None
    assert resolve(sessions, token, hour + 15 * TICK * 60) is not None
    assert resolve(sessions, token, hour + 15 * TICK * 60, SignInPolicy(False, 720, 60)) is None


def test_a_revoked_session_ends_at_once(sessions, token):
    other = sessions.start(user_id="ana", now=START)
    sessions.revoke(token=token)
    assert resolve(sessions, token, TICK) is None
    assert resolve(sessions, other, TICK) is not None
    sessions.revoke(token=token)


def test_revoking_beats_prolonging(sessions, token, monkeypatch):
    """The session is revoked between the read and the write that would prolong it."""
    find = session_table.find

    def revoked_meanwhile(token_hash):
        session = find(token_hash)
        session_table.delete(token_hash)
        return session

    monkeypatch.setattr(session_table, "find", revoked_meanwhile)
    assert resolve(sessions, token, WRITE_EVERY) is None
    monkeypatch.undo()
    assert session_table.find(hash_token(token)) is None, "it did not come back"


def test_all_sessions_of_a_person_end(sessions):
    mine = [sessions.start(user_id="bo", now=START + n * TICK) for n in range(3)]
    theirs = sessions.start(user_id="cy", now=START)
    assert sessions.revoke_all(user_id="bo") == 3
    assert [resolve(sessions, token, TICK) for token in mine] == [None] * 3
    assert resolve(sessions, theirs, TICK) is not None
    assert sessions.revoke_all(user_id="bo") == 0


def test_the_sweep_takes_what_has_ended(sessions, token):
    late = sessions.start(user_id="ana", now=START + IDLE)
    assert sessions.sweep(now=START + IDLE + TICK) >= 1
    assert session_table.find(hash_token(token)) is None
    assert resolve(sessions, late, IDLE + TICK) is not None


@pytest.mark.parametrize(
    "wild", ["", "x", "x" * 43, "x" * 101, "x" * 10**6, "\ud800" * 30, "é" * 43, "\x00" * 43]
)
def test_wild_tokens_are_nobody(sessions, wild):
    assert resolve(sessions, wild, TICK) is None
    sessions.revoke(token=wild)
