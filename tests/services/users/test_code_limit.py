"""Codes are guessed in vain: a hundred an hour for an account, from everywhere, then a recovery code or a link."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest

from models import attempt as attempt_table
from models import user as user_table
from services.errors import Throttled
from services.users.accounts import LinkSpent, Purpose
from services.users.credentials import CodesExhausted, Origin, StepUpFailed, WrongCode
from services.users.credentials.login_throttle import MEMORY, OF_CODES, OF_LINK, CodeAttempt
from services.users.identity import SignInExpired
from tests.patience import PATIENCE
from tests.services.harness import START
from tests.services.users.conftest import link_in
from tests.services.users.test_second_factor import PASSWORD, Phone

LATER = START + timedelta(minutes=5)
WRONG = "000000"
ELSEWHERE = Origin("192.0.2.91")


@pytest.fixture
def phone(harness):
    return Phone(harness).enrol()


def origins():
    """Return a new network each time."""
    return (Origin(f"10.{n // 250}.{n % 250}.1") for n in range(10**6))


def wrong_codes(phone, count, now=LATER):
    """Count wrong codes for an account as if they had been entered from everywhere, and return how many it took."""
    (key,) = CodeAttempt(phone.user.user_id).limits
    return sum(
        attempt_table.take_free(key, free=OF_CODES.free, now=now, expires_at=now + MEMORY)
        for _ in range(count)
    )


def test_a_hundred_wrong_codes_from_everywhere_and_no_more(phone):
    """At sign-in from many networks, then at step-up: they are counted together."""
    token, networks = phone.password(LATER).token, origins()
    now, entered = LATER, 0
    wrong_codes(phone, OF_CODES.free - 5)
    for _ in range(3):
        with pytest.raises(WrongCode):
            phone.finish(token, WRONG, now, next(networks))
        entered += 1
    for _ in range(2):
        with pytest.raises(StepUpFailed):
            phone.services.users.step_up.verify(actor=phone.actor, answer=WRONG, now=now)
        entered += 1
    for code in (WRONG, phone.code(now)):
        with pytest.raises(CodesExhausted, match="Use a recovery code, or sign in with a link"):
            phone.finish(token, code, now, next(networks))
        with pytest.raises(CodesExhausted):
            phone.services.users.step_up.verify(actor=phone.actor, answer=code, now=now)


def test_a_known_device_has_no_more_codes_than_others(phone):
    """The limit is of the account: only a recovery code or a link helps."""
    known = phone.finish(phone.password(LATER).token, phone.recovery[0], LATER).device_token
    wrong_codes(phone, OF_CODES.free)
    with pytest.raises(CodesExhausted):
        phone.finish(phone.password(LATER).token, phone.code(LATER), LATER, Origin("192.0.2.90", "", known))


def test_recovery_codes_still_work(phone):
    wrong_codes(phone, OF_CODES.free)
    assert phone.finish(phone.password(LATER).token, phone.recovery[0], LATER)
    phone.services.users.step_up.verify(actor=phone.actor, answer=phone.recovery[1], now=LATER)


def test_right_codes_are_not_counted(phone):
    (key,) = CodeAttempt(phone.user.user_id).limits
    wrong_codes(phone, OF_CODES.free - 1)
    phone.finish(phone.password(LATER).token, phone.code(LATER), LATER)
    after = LATER + timedelta(minutes=1)
    phone.finish(phone.password(after).token, phone.code(after), after)
    assert int(attempt_table.find_many([key])[key].failures) == OF_CODES.free - 1


def test_codes_work_again_after_an_hour(phone):
    wrong_codes(phone, OF_CODES.free)
    again = LATER + MEMORY
    before = again - timedelta(seconds=1)
    with pytest.raises(CodesExhausted):
        phone.finish(phone.password(before).token, phone.code(before), before)
    assert phone.finish(phone.password(again).token, phone.code(again), again)


def test_parallel_guesses_get_no_further(phone):
    """Counted before the code is compared: a burst enters no more than are left."""
    left, many = 7, 24
    wrong_codes(phone, OF_CODES.free - left)
    networks, together, answers = origins(), threading.Barrier(many), []
    token = phone.password(LATER).token

    def guess(origin):
        together.wait(PATIENCE)
        with suppress(CodesExhausted):
            try:
                phone.finish(token, WRONG, LATER, origin)
            except WrongCode:
                answers.append("compared")

    with ThreadPoolExecutor(many) as pool:
        list(pool.map(guess, [next(networks) for _ in range(many)]))
    assert len(answers) == left


def code_link(phone, mailbox, now=LATER):
    """Have a link sent, and return its token."""
    phone.services.users.authentication.send_code_link(token=phone.password(now).token, now=now)
    links = [
        link_in(message)[1]
        for message in mailbox(phone.user.email, now)
        if "/account/code/" in message.get_content()
    ]
    nonce = user_table.find(phone.user.user_id).links[Purpose.CODE][0]
    read = phone.services.users.authentication._links.read
    return next(link for link in links if read(link, Purpose.CODE).nonce == nonce)


def with_link(phone, link, code, now=LATER, origin=ELSEWHERE):
    return phone.services.users.authentication.finish_with_link(token=link, code=code, origin=origin, now=now)


def test_a_link_lets_the_owner_enter_a_code(phone, mailbox):
    wrong_codes(phone, OF_CODES.free)
    link = code_link(phone, mailbox)
    phone.services.users.authentication.look_up_code_link(token=link, now=LATER)
    signed_in = with_link(phone, link, phone.code(LATER))
    assert phone.services.users.authentication.actor_for(token=signed_in.token, now=LATER)
    after = LATER + timedelta(minutes=1)
    with pytest.raises(LinkSpent):
        with_link(phone, link, phone.code(after), after)


def test_a_link_does_not_replace_the_code(phone, mailbox):
    """Who reads the mailbox and knows the password still needs the app; each link has three codes."""
    wrong_codes(phone, OF_CODES.free)
    link, networks = code_link(phone, mailbox), origins()
    for _ in range(OF_LINK.free):
        with pytest.raises(WrongCode):
            with_link(phone, link, WRONG, origin=next(networks))
    with pytest.raises(CodesExhausted):
        with_link(phone, link, phone.code(LATER), origin=next(networks))


def test_links_are_few(phone):
    for _ in range(5):
        phone.services.users.authentication.send_code_link(token=phone.password(LATER).token, now=LATER)
    with pytest.raises(Throttled):
        phone.services.users.authentication.send_code_link(token=phone.password(LATER).token, now=LATER)


@pytest.mark.parametrize("forged", ["", "x", "é"])
def test_nobody_gets_a_link_without_the_password(phone, forged):
    with pytest.raises(SignInExpired):
        phone.services.users.authentication.send_code_link(token=forged, now=LATER)
    with pytest.raises(LinkSpent):
        with_link(phone, forged, phone.code(LATER))


def test_a_link_is_for_its_purpose_and_time(phone, mailbox):
    link = code_link(phone, mailbox)
    with pytest.raises(LinkSpent):
        phone.services.users.own_account.look_up(token=link, purpose=Purpose.RESET, now=LATER)
    late = LATER + timedelta(hours=1)
    with pytest.raises(LinkSpent):
        with_link(phone, link, phone.code(late), late)
    phone.services.users.second_factor.turn_off(actor=phone.actor, user_id=phone.user.user_id, now=LATER)
    with pytest.raises(LinkSpent):
        with_link(phone, link, WRONG)


def test_a_new_password_ends_the_link(phone, mailbox):
    link = code_link(phone, mailbox)
    phone.services.users.own_account.change_password(
        actor=phone.actor, current=PASSWORD, password="violet tractor under snowfall",
        session_id=phone.actor.session_id, revoke_tokens=False, now=LATER,
    )  # fmt: skip
    with pytest.raises(LinkSpent):
        with_link(phone, link, phone.code(LATER))


def test_the_message_says_how_long(phone):
    wrong_codes(phone, OF_CODES.free)
    with pytest.raises(CodesExhausted) as refused:
        phone.finish(phone.password(LATER).token, WRONG, LATER)
    assert re.search(r"codes work again in 6[01] minutes", refused.value.message)
    assert 3590 < refused.value.seconds <= 3601
