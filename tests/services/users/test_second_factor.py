"""The second factor: codes work once, recovery codes too, and a password alone opens nothing."""

from datetime import timedelta

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import audit as audit_table
from models import user as user_table
from services.errors import Invalid, Throttled
from services.users.authorization import Outranked
from services.users.credentials import Origin, WrongCode
from services.users.credentials.second_factor import _step_of
from services.users.identity import Permission, PermissionDenied, Scope, SignInExpired
from services.users.sign_in import CodeNeeded, SignedIn
from tests.services.harness import START

PASSWORD = "correct horse battery staple"
HERE = Origin("192.0.2.90", "Firefox")


class Phone:
    """A person with an app."""

    def __init__(self, harness):
        self.harness, admin = harness, harness.actor("administrator")
        self.services = harness.services
        self.user = self.services.users.accounts.create(
            actor=admin, now=START, name="Ana", email=f"{admin.user_id}@example.org", role_id="agent",
            password=PASSWORD,
        )  # fmt: skip
        token = self.services.users.sessions.start(user_id=self.user.user_id, now=START)
        self.actor = self.services.users.authentication.actor_for(token=token, now=START)

    def enrol(self, now=START):
        enrolment = self.services.users.second_factor.begin(self.actor)
        self.totp = pyotp.TOTP(enrolment.key.replace(" ", ""))
        self.recovery = self.services.users.second_factor.confirm(
            actor=self.actor, token=enrolment.token, code=self.code(now), now=now
        )
        return self

    def code(self, now):
        return self.totp.at(now)

    def password(self, now):
        return self.services.users.authentication.sign_in(
            email=self.user.email, password=PASSWORD, origin=HERE, now=now
        )

    def finish(self, token, code, now, origin=HERE):
        return self.services.users.authentication.finish_sign_in(
            token=token, code=code, origin=origin, now=now
        )


@pytest.fixture
def phone(harness):
    return Phone(harness)


LATER = START + timedelta(minutes=5)


def test_a_password_alone_no_longer_signs_in(phone):
    assert isinstance(phone.password(START), SignedIn)
    phone.enrol()
    needed = phone.password(LATER)
    assert isinstance(needed, CodeNeeded)
    signed_in = phone.finish(needed.token, phone.code(LATER), LATER)
    assert signed_in.user.user_id == phone.user.user_id
    assert phone.services.users.authentication.actor_for(token=signed_in.token, now=LATER)


def test_a_code_works_once_even_the_one_that_set_it_up(phone):
    phone.enrol()
    first = phone.code(START)
    with pytest.raises(WrongCode):
        phone.finish(phone.password(START).token, first, START)
    phone.finish(phone.password(LATER).token, phone.code(LATER), LATER)
    with pytest.raises(WrongCode):
        phone.finish(phone.password(LATER).token, phone.code(LATER), LATER)


@pytest.mark.parametrize(("seconds", "good"), [(-90, False), (-30, True), (30, True), (90, False)])
def test_clocks_may_differ_by_half_a_minute(phone, seconds, good):
    phone.enrol()
    code, token = phone.code(LATER + timedelta(seconds=seconds)), phone.password(LATER).token
    if good:
        assert phone.finish(token, code, LATER)
    else:
        with pytest.raises(WrongCode):
            phone.finish(token, code, LATER)


def test_recovery_codes_work_once_each(phone):
    phone.enrol()
    one, other = phone.recovery[0], phone.recovery[1].upper()
    assert len(set(phone.recovery)) == 10
    assert phone.finish(phone.password(LATER).token, one, LATER)
    with pytest.raises(WrongCode):
        phone.finish(phone.password(LATER).token, one, LATER)
    assert phone.finish(phone.password(LATER).token, f" {other[:5]}-{other[5:]} ", LATER)


def test_guessing_codes_is_slowed_down(phone):
    phone.enrol()
    token = phone.password(LATER).token
    for _ in range(5):
        with pytest.raises(WrongCode):
            phone.finish(token, "000000", LATER)
    with pytest.raises(Throttled):
        phone.finish(token, phone.code(LATER), LATER)


def test_the_first_part_is_good_for_this_password_alone(phone):
    phone.enrol()
    token = phone.password(LATER).token
    user_table.update(phone.user.user_id, password_hash="another")
    with pytest.raises(SignInExpired):
        phone.finish(token, phone.code(LATER), LATER)
    for forged in ("", "x", "é", token[:-4] + "AAAA"):
        with pytest.raises(SignInExpired):
            phone.finish(forged, phone.code(LATER), LATER)


def test_nothing_is_kept_before_a_code_came_back(phone, harness):
    enrolment = phone.services.users.second_factor.begin(phone.actor)
    assert "<svg" in enrolment.picture
    with pytest.raises(WrongCode):
        phone.services.users.second_factor.confirm(
            actor=phone.actor, token=enrolment.token, code="000000", now=START
        )
    assert user_table.find(phone.user.user_id).totp is None
    with pytest.raises(Invalid):
        phone.services.users.second_factor.confirm(
            actor=harness.actor("agent"), token="forged", code="000000", now=START
        )


def test_the_seed_is_stored_encrypted_and_never_in_the_audit_log(phone):
    phone.enrol(LATER)
    stored = user_table.find(phone.user.user_id)
    seed = phone.totp.secret
    assert seed not in str(stored.serialize())
    assert all(code not in str(stored.serialize()) for code in phone.recovery)
    events = list(audit_table.of_subject(f"user:{phone.user.user_id}"))
    assert events[-1].action == "user.second_factor_on"
    assert events[-1].changes == {}


def test_turned_off_the_password_is_enough_again(phone):
    phone.enrol()
    phone.services.users.second_factor.turn_off(actor=phone.actor, user_id=phone.user.user_id, now=LATER)
    assert isinstance(phone.password(LATER), SignedIn)


@given(st.text(max_size=40))
def test_no_text_is_a_code_by_accident(text):
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    right = {pyotp.TOTP(secret).at(START + timedelta(seconds=30 * step)) for step in (-1, 0, 1)}
    assert (_step_of(secret, text, START, after=0) is not None) == (text.replace(" ", "") in right)


def test_nobody_takes_away_another_s_second_factor_without_the_right_to(harness, phone):
    phone.enrol()
    now, factor, user_id = LATER, harness.services.users.second_factor, phone.user.user_id
    for role in ("customer", "agent", "manager"):
        with pytest.raises(PermissionDenied):
            factor.turn_off(actor=harness.actor(role), user_id=user_id, now=now)
    narrow = harness.actor("narrow", permissions={Permission.USER_EDIT: Scope.ALL})
    with pytest.raises(Outranked, match="more than your own"):
        factor.turn_off(actor=narrow, user_id=user_id, now=now)
    assert factor.is_on(user_id)
    factor.turn_off(actor=harness.actor("administrator"), user_id=user_id, now=now)
    assert not factor.is_on(user_id)
