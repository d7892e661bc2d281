"""What protects an account after something happened to it: tokens end, sessions are few, and its owner is told."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from models import api_token as token_table
from models import audit as audit_table
from models import session as session_table
from models import user as user_table
from services.errors import Invalid, Throttled
from services.users.accounts import Purpose
from services.users.accounts.emails import TEMPLATES
from services.users.accounts.signed_links import Link
from services.users.api_tokens.api_tokens import hash_secret
from services.users.credentials import Origin, StepUpFailed, TrustedDevices
from services.users.credentials.login_throttle import OF_MAILBOX
from services.users.credentials.security_notice import Notice
from services.users.credentials.sessions import MAX_SESSIONS, hash_token
from services.users.identity import Permission
from tests.patience import PATIENCE
from tests.services.harness import START
from tests.services.users.test_second_factor import Phone

PASSWORD = "correct horse battery staple"
ANOTHER = "violet tractor under snowfall"
HERE = Origin("192.0.2.90", "Firefox")
SECOND = timedelta(seconds=1)


class Owner:
    """Somebody who is signed in and has an API token."""

    def __init__(self, harness):
        self.services, self.now = harness.services, harness.now()
        self.email = f"{uuid.uuid4().hex}@example.org"
        self.user = self.services.users.accounts.create(
            actor=harness.actor("administrator"), now=self.now, name="Ana Silva", email=self.email, role_id="agent",
            password=PASSWORD,
        )  # fmt: skip
        self.actor = self.sign_in()
        self.secret = self.services.users.api_tokens.create(
            actor=self.actor, now=self.now, name="robot", scopes=[Permission.TICKET_VIEW], days=30
        )[1]

    def sign_in(self):
        token = self.services.users.sessions.start(user_id=self.user.user_id, now=self.now)
        return self.services.users.authentication.actor_for(token=token, now=self.now, address="192.0.2.90")

    def token_works(self):
        self.services.users.accounts.forget(self.user.user_id)
        secret, later = self.secret, self.now + 2 * SECOND
        return self.services.users.api_tokens.authenticate(secret=secret, now=later) is not None

    def reset_password(self, origin=HERE):
        own = self.services.users.own_account
        own.send_link(user_table.find(self.user.user_id), Purpose.RESET, self.now)
        nonce = user_table.find(self.user.user_id).links[Purpose.RESET][0]
        link = own._links.token(Link(self.user.user_id, Purpose.RESET, nonce))
        return own.choose_password(
            token=link, purpose=Purpose.RESET, password=ANOTHER, origin=origin, now=self.now + SECOND
        )

    def change_password(self, revoke_tokens, current=PASSWORD):
        self.services.users.own_account.change_password(
            actor=self.actor, current=current, password=ANOTHER, session_id=self.actor.session_id,
            revoke_tokens=revoke_tokens, now=self.now + SECOND,
        )  # fmt: skip

    def subjects(self, mailbox):
        return [message["Subject"] for message in mailbox(self.email, self.now + timedelta(hours=1))]


@pytest.fixture
def ana(harness):
    return Owner(harness)


@pytest.fixture
def late_index(monkeypatch):
    """An index that shows no token yet."""
    monkeypatch.setattr(token_table, "of_user", lambda *_: [])


def test_a_reset_revokes_api_tokens(ana):
    assert ana.token_works()
    ana.reset_password()
    assert not ana.token_works()
    assert ana.services.users.api_tokens.own(actor=ana.actor) == []


@pytest.mark.usefixtures("late_index")
def test_a_reset_revokes_tokens_that_no_index_shows(ana):
    """With the password, in the same transaction: no token survives because a list was late."""
    ana.reset_password()
    assert token_table.find(hash_secret(ana.secret)), "it was not deleted: the time ended it"
    assert not ana.token_works()


def test_a_changed_password_revokes_api_tokens_only_if_asked_to(harness, ana):
    ana.change_password(revoke_tokens=False)
    assert ana.token_works()
    bo = Owner(harness)
    bo.change_password(revoke_tokens=True)
    assert not bo.token_works()


def test_a_wrong_password_revokes_nothing(ana):
    with pytest.raises(Invalid):
        ana.change_password(revoke_tokens=True, current=ANOTHER)
    assert ana.token_works()


def test_tokens_made_after_that_work(ana):
    ana.change_password(revoke_tokens=True)
    ana.secret = ana.services.users.api_tokens.create(
        actor=ana.actor, now=ana.now + 2 * SECOND, name="new robot", scopes=[Permission.TICKET_VIEW], days=30
    )[1]
    assert ana.token_works()


def test_ending_all_sessions_keeps_tokens(harness, ana):
    admin = harness.actor("administrator")
    ana.services.users.devices.end_all(actor=admin, user_id=ana.user.user_id, now=ana.now + SECOND)
    assert ana.token_works()


def test_the_browser_that_chose_the_password_is_known(ana):
    """So that whoever is slowed down by an attack on their account has a way in."""
    chosen = ana.reset_password()
    devices = ana.services.users.authentication._trusted_devices
    assert devices.verify(chosen.device_token, ana.email)


def test_twenty_sessions_and_the_oldest_end(harness, ana):
    authentication, now = ana.services.users.authentication, ana.now
    tokens = [
        authentication.sign_in(
            email=ana.email, password=PASSWORD, origin=HERE, now=now + number * SECOND
        ).token
        for number in range(MAX_SESSIONS + 2)
    ]
    assert len(session_table.of_user(ana.user.user_id)) == MAX_SESSIONS
    assert session_table.find(ana.actor.session_id) is None, "the very first"
    alive = [token for token in tokens if session_table.find(hash_token(token))]
    assert alive == tokens[2:]
    events = [
        event for event in audit_table.of_subject(f"user:{ana.user.user_id}")
        if event.action == "session.oldest_ended"
    ]  # fmt: skip
    assert [event.changes["sessions"][1] for event in events] == ["1"] * 3


def test_parallel_sign_ins_leave_twenty_sessions(ana):
    authentication, many = ana.services.users.authentication, MAX_SESSIONS + 12
    start = authentication._start
    item, together = user_table.find(ana.user.user_id), threading.Barrier(many)

    def sign_in(number):
        together.wait(PATIENCE)
        start(item, ana.email, HERE, ana.now + number * SECOND, factor="password")

    with ThreadPoolExecutor(many) as pool:
        list(pool.map(sign_in, range(many)))
    assert len(session_table.of_user(ana.user.user_id)) <= MAX_SESSIONS


def test_a_browser_is_known_to_several_accounts():
    devices = TrustedDevices((b"k" * 32,))
    cookie = None
    for account in "abcdef":
        cookie = devices.add(cookie, account)
    assert [bool(devices.verify(cookie, account)) for account in "abcdef"] == [False, *[True] * 5]
    assert devices.verify(devices.add(cookie, "b"), "b") == devices.verify(cookie, "b"), (
        "and stays the same one"
    )
    assert len(cookie) < 500


@pytest.mark.parametrize("forged", ["|" * 300, "x.y|" * 100, "\x00.", "a" * 10**5, "é.ü|x"])
def test_a_forged_cookie_grows_nothing(forged):
    devices = TrustedDevices((b"k" * 32,))
    cookie = devices.add(forged, "ana")
    assert devices.verify(cookie, "ana")
    assert len(cookie) < 1000
    assert cookie.isascii()


def test_people_are_told_of_a_changed_password(ana, mailbox):
    ana.change_password(revoke_tokens=False)
    assert ana.subjects(mailbox).count("Your Ledgerdesk password has changed") == 1


def test_people_are_told_of_a_reset_and_not_of_their_first_password(harness, ana, mailbox):
    ana.reset_password()
    assert ana.subjects(mailbox).count("Your Ledgerdesk password has changed") == 1
    invited = harness.services.users.accounts.create(
        actor=harness.actor("administrator"), now=ana.now, name="New", email=f"{uuid.uuid4().hex}@example.org",
        role_id="agent",
    )  # fmt: skip
    own, item = harness.services.users.own_account, user_table.find(invited.user_id)
    link = own._links.token(Link(invited.user_id, Purpose.WELCOME, item.links[Purpose.WELCOME][0]))
    own.choose_password(token=link, purpose=Purpose.WELCOME, password=PASSWORD, origin=HERE, now=ana.now)
    assert mailbox(invited.email, ana.now) == [], "not even the invitation, whose link has been used"


def test_people_are_told_of_their_second_factor_and_recovery_codes(harness, mailbox):
    phone = Phone(harness).enrol()
    later = START + timedelta(minutes=5)
    phone.finish(phone.password(later).token, phone.recovery[0], later)
    phone.services.users.second_factor.turn_off(
        actor=harness.actor("administrator"), user_id=phone.user.user_id, now=later
    )
    subjects = [message["Subject"] for message in mailbox(phone.user.email, later)]
    for subject in ("Second factor switched on", "Recovery code used", "Second factor switched off"):
        assert subjects.count(subject) == 1
    used = [
        event for event in audit_table.of_subject(f"user:{phone.user.user_id}")
        if event.action == "user.recovery_code_used"
    ]  # fmt: skip
    assert [event.changes for event in used] == [{"recovery_codes_left": [None, 9]}]


def test_people_are_told_of_a_new_token(ana, mailbox):
    assert ana.subjects(mailbox).count("New API token") == 1
    text = next(m.get_content() for m in mailbox(ana.email, ana.now) if m["Subject"] == "New API token")
    assert "192.0.2.90" in text
    assert "UTC" in text
    assert "robot" not in text, "whoever made it must not word the e-mail"


@pytest.mark.parametrize("everything", [True, False])
def test_people_are_told_when_others_end_their_sessions(harness, ana, mailbox, everything):
    devices, admin = ana.services.users.devices, harness.actor("administrator")
    if everything:
        devices.end_all(actor=admin, user_id=ana.user.user_id, now=ana.now + SECOND)
    else:
        devices.end(
            actor=admin, user_id=ana.user.user_id, session_id=ana.actor.session_id, now=ana.now + SECOND
        )
    assert ana.subjects(mailbox).count("You were signed out of Ledgerdesk") == 1


@pytest.mark.parametrize(
    ("changes", "told"), [({"role_id": "manager"}, 1), ({"active": False}, 0), ({"name": "Ana S."}, 0)]
)
def test_people_are_told_when_a_new_role_ends_their_sessions(harness, ana, mailbox, changes, told):
    """Who is suspended cannot sign in again, and a new name ends nothing."""
    fields = {"name": "Ana Silva", "email": ana.email, "role_id": "agent", "active": True, "team_ids": ()}
    ana.services.users.accounts.update(
        actor=harness.actor("administrator"), now=ana.now + SECOND, user_id=ana.user.user_id,
        expected_version=ana.user.version, **fields | changes,
    )  # fmt: skip
    assert ana.subjects(mailbox).count("You were signed out of Ledgerdesk") == told


def test_people_are_not_told_what_they_did_to_sessions_themselves(ana, mailbox):
    other = ana.sign_in()
    devices = ana.services.users.devices
    devices.end(actor=ana.actor, user_id=ana.user.user_id, session_id=other.session_id, now=ana.now)
    devices.end_all(actor=ana.actor, user_id=ana.user.user_id, now=ana.now + SECOND)
    assert "You were signed out of Ledgerdesk" not in ana.subjects(mailbox)


def test_people_are_told_of_a_new_device_and_not_of_a_known_one(ana, mailbox):
    authentication = ana.services.users.authentication
    first = authentication.sign_in(email=ana.email, password=PASSWORD, origin=HERE, now=ana.now + SECOND)
    known = Origin("198.51.100.4", "Firefox", first.device_token)
    authentication.sign_in(email=ana.email, password=PASSWORD, origin=known, now=ana.now + SECOND)
    messages = [
        m for m in mailbox(ana.email, ana.now + SECOND) if m["Subject"] == "New sign-in to Ledgerdesk"
    ]
    assert len(messages) == 1
    assert "192.0.2.90" in messages[0].get_content()


def test_nothing_is_sent_to_people_without_an_address(harness):
    nobody = harness.actor("agent")
    harness.services.users.devices.end_all(
        actor=harness.actor("administrator"), user_id=nobody.user_id, now=harness.now()
    )


@pytest.mark.parametrize("notice", Notice)
def test_each_notice_has_an_e_mail_that_says_what_when_and_where(notice):
    email = TEMPLATES[notice].write(
        "ana@example.org",
        url="https://desk.example",
        name="Ana",
        when="22 November 2026",
        where="\nFrom: 192.0.2.1",
    )
    for word in ("Ana", "22 November 2026", "192.0.2.1", "https://desk.example"):
        assert word in email.text


def test_a_stolen_session_slows_only_itself_down(ana):
    """Whoever guesses the password in it: another session of the same person proves at once."""
    thief, owner = ana.actor, ana.sign_in()
    step_up = ana.services.users.step_up
    for _ in range(5):
        with pytest.raises(StepUpFailed):
            step_up.verify(actor=thief, answer="guess", now=ana.now)
    for address in ("192.0.2.90", "203.0.113.90"):
        with pytest.raises(Throttled):
            step_up.verify(actor=replace(thief, address=address), answer=PASSWORD, now=ana.now)
    step_up.verify(actor=owner, answer=PASSWORD, now=ana.now)


def test_guesses_of_a_session_count_wherever_its_password_is_asked_for(ana):
    """At step-up, at a new password and at a new address: together."""
    users = ana.services.users
    with pytest.raises(StepUpFailed):
        users.step_up.verify(actor=ana.actor, answer="guess", now=ana.now)
    for _ in range(2):
        with pytest.raises(Invalid):
            ana.change_password(revoke_tokens=False, current="guess")
        with pytest.raises(Invalid):
            users.email_addresses.ask_for_change(
                actor=ana.actor, email="new@example.org", password="guess", now=ana.now + SECOND
            )
    with pytest.raises(Throttled):
        users.step_up.verify(actor=ana.actor, answer=PASSWORD, now=ana.now + SECOND)


def test_e_mails_to_one_address_are_few_and_a_known_browser_still_gets_one(ana):
    """Whoever asks for them, from wherever."""
    ask = ana.services.users.own_account.ask_for_reset
    for number in range(OF_MAILBOX.free):
        ask(email=ana.email, origin=Origin(f"203.0.113.{number}"), now=ana.now)
    with pytest.raises(Throttled):
        ask(email=ana.email, origin=Origin("203.0.113.200"), now=ana.now)
    device = ana.services.users.authentication._trusted_devices.issue(ana.email)
    ask(email=ana.email, origin=Origin("203.0.113.201", "", device), now=ana.now)
