"""Invitations, and what a change of address brings with it."""

from datetime import timedelta

import pytest

from models import audit as audit_table
from models import user as user_table
from services.errors import Invalid, Throttled
from services.users.accounts import LinkSpent, Purpose
from services.users.credentials import Origin
from services.users.identity import AddressTaken, BadCredentials, PermissionDenied
from tests.services.harness import START
from tests.services.users.conftest import link_in

PASSWORD = "correct horse battery staple"
HERE = Origin("192.0.2.51", "Firefox")


@pytest.fixture(scope="module")
def admin(harness):
    return harness.actor("administrator")


@pytest.fixture
def invite(harness, admin):
    """Give a function that creates somebody without a password."""

    def make(email, **more):
        values = {"name": "Ana Silva", "role_id": "agent", "actor": admin, **more}
        return harness.services.users.accounts.create(now=START, email=email, **values)

    return make


def move(harness, admin, user, email):
    seen = harness.services.users.accounts.read(actor=admin, user_id=user.user_id)
    return harness.services.users.accounts.update(
        actor=admin, now=START, user_id=user.user_id, expected_version=seen.version, name=seen.name, email=email,
        role_id=seen.role_id, active=seen.active, team_ids=seen.team_ids,
    )  # fmt: skip


def take_up(harness, token, now=START, password=PASSWORD):
    return harness.services.users.own_account.choose_password(
        token=token, purpose=Purpose.WELCOME, password=password, origin=Origin(), now=now
    ).user


def test_an_invitation_is_taken_up(harness, admin, invite, mailbox):
    user = invite("invited@example.org")
    assert user.invited_at == START
    (message,) = mailbox("invited@example.org")
    purpose, token = link_in(message)
    assert purpose == "welcome"
    with pytest.raises(BadCredentials):
        harness.services.users.authentication.validate_user(email="invited@example.org", password="")
    take_up(harness, token)
    stored = user_table.find(user.user_id)
    assert (stored.verified_at, stored.invited_at) == (START, None)
    assert harness.services.users.authentication.validate_user(email="invited@example.org", password=PASSWORD)
    with pytest.raises(LinkSpent):
        take_up(harness, token)


def test_an_invitation_lasts_seven_days(harness, invite, mailbox):
    invite("late@example.org")
    ((_, token),) = map(link_in, mailbox("late@example.org"))
    with pytest.raises(LinkSpent):
        take_up(harness, token, now=START + timedelta(days=7))
    assert take_up(harness, token, now=START + timedelta(days=7, seconds=-1))


def test_no_email_is_sent_when_nobody_was_created(harness, invite, mailbox):
    invite("twice@example.org")
    with pytest.raises(AddressTaken):
        invite("TWICE@example.org")
    with pytest.raises(Invalid):
        invite("nobody@example.org", role_id="none")
    assert len(mailbox("twice@example.org")) == 1
    assert mailbox("nobody@example.org") == []


@pytest.mark.parametrize("more", [{"password": PASSWORD}, {"invite": False}], ids=["password", "no-letter"])
def test_who_needs_no_invitation_gets_none(invite, mailbox, more):
    email = f"{'-'.join(more)}@quiet.example"
    assert invite(email, **more).invited_at is None
    assert mailbox(email) == []


def test_a_new_address_is_confirmed_anew_and_the_old_one_is_told(harness, admin, invite, mailbox):
    user = invite("before@move.example", password=PASSWORD)
    harness.services.users.own_account.ask_for_reset(email="before@move.example", origin=HERE, now=START)
    ((_, reset),) = map(link_in, mailbox("before@move.example"))
    user_table.update(user.user_id, verified_at=START)
    move(harness, admin, user, "after@move.example")
    stored = user_table.find(user.user_id)
    assert (stored.verified_at, set(stored.links)) == (None, {"verify"})
    (message,) = mailbox("after@move.example")
    assert link_in(message)[0] == "verify"
    notices = [message.get_content() for message in mailbox("before@move.example")]
    assert sum("has been changed" in text for text in notices) == 1
    assert "after@move.example" not in "".join(notices)
    with pytest.raises(LinkSpent):
        harness.services.users.own_account.choose_password(
            token=reset, purpose=Purpose.RESET, password=PASSWORD, origin=Origin(), now=START
        )


def test_an_invitation_follows_to_a_corrected_address(harness, admin, invite, mailbox):
    user = invite("mistyped@move.example")
    ((_, first),) = map(link_in, mailbox("mistyped@move.example"))
    move(harness, admin, user, "right@move.example")
    (message,) = mailbox("right@move.example")
    with pytest.raises(LinkSpent):
        take_up(harness, first)
    assert take_up(harness, link_in(message)[1]).email == "right@move.example"
    assert len(mailbox("mistyped@move.example")) == 1, "whoever has that address is nobody we know"


def test_who_keeps_the_address_gets_no_email(harness, admin, invite, mailbox):
    user = invite("kept@move.example", password=PASSWORD)
    user_table.update(user.user_id, verified_at=START)
    move(harness, admin, user, " KEPT@move.example ")
    assert user_table.find(user.user_id).verified_at == START
    assert mailbox("kept@move.example") == []


class TestSentAgain:
    def send(self, harness, user, actor, now=START):
        return harness.services.users.invitations.send(actor=actor, user_id=user.user_id, now=now)

    def test_the_newest_link_alone_works(self, harness, admin, invite, mailbox):
        user = invite("again@again.example")
        ((_, first),) = map(link_in, mailbox("again@again.example"))
        later = START + timedelta(days=6)
        assert self.send(harness, user, admin, later).invited_at == later
        (second,) = {link_in(message)[1] for message in mailbox("again@again.example", later)} - {first}
        with pytest.raises(LinkSpent):
            take_up(harness, first)
        assert take_up(harness, second, now=later + timedelta(days=6))
        actions = [entry.action for entry in audit_table.of_subject(f"user:{user.user_id}")]
        assert actions == ["user.created", "user.invited", "user.password_chosen"]

    def test_who_can_sign_in_is_not_invited(self, harness, admin, invite):
        with pytest.raises(Invalid, match="can already sign in"):
            self.send(harness, invite("in@again.example", password=PASSWORD), admin)
        federated = invite("federated@again.example", invite=False)
        user_table.update(federated.user_id, identities=["provider|subject"])
        with pytest.raises(Invalid, match="can already sign in"):
            self.send(harness, federated, admin)

    def test_nobody_is_invited_without_address_or_while_suspended(self, harness, admin, invite):
        suspended = invite("suspended@again.example")
        user_table.update(suspended.user_id, active=False)
        for user in (suspended, harness.services.users.accounts.get(harness.actor("agent").user_id)):
            with pytest.raises(Invalid, match="can be invited"):
                self.send(harness, user, admin)

    def test_only_those_who_may_edit_people_invite(self, harness, invite, agent):
        with pytest.raises(PermissionDenied):
            self.send(harness, invite("closed@again.example"), agent)

    def test_a_mailbox_is_not_flooded(self, harness, admin, invite):
        user = invite("flooded@again.example")
        for _ in range(5):
            self.send(harness, user, admin)
        with pytest.raises(Throttled):
            self.send(harness, user, harness.actor("administrator"))
