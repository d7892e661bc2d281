"""The ways into an account: links that work once, for a while, and only for their purpose."""

from datetime import timedelta

import pytest

from models import outbox as outbox_table
from models import user as user_table
from models.outbox import Outbox
from services.errors import Invalid, Throttled
from services.users.accounts import LinkSpent, Purpose
from services.users.credentials import Origin
from services.users.identity import BadCredentials
from tests.services.harness import START
from tests.services.users.conftest import link_in

PASSWORD = "correct horse battery staple"
ANOTHER = "violet tractor under snowfall"
HERE = Origin("192.0.2.50", "Firefox")


@pytest.fixture
def owner(harness):
    """A person of their own for each test, who has a password."""
    admin = harness.actor("administrator")
    return harness.services.users.accounts.create(
        actor=admin,
        now=START,
        name="Ana Silva",
        email=f"{admin.user_id}@example.org",
        role_id="agent",
        password=PASSWORD,
    )


def ask(harness, email, now=START):
    harness.services.users.own_account.ask_for_reset(email=email, origin=HERE, now=now)


def choose(harness, token, password=ANOTHER, purpose=Purpose.RESET, now=START):
    return harness.services.users.own_account.choose_password(
        token=token, purpose=purpose, password=password, origin=HERE, now=now
    ).user


def works(harness, email, password):
    try:
        return harness.services.users.authentication.validate_user(email=email, password=password)
    except BadCredentials:
        return None


def test_a_forgotten_password(harness, owner, mailbox):
    token = harness.services.users.sessions.start(user_id=owner.user_id, now=START)
    ask(harness, owner.email.upper())
    (message,) = mailbox(owner.email)
    purpose, link = link_in(message)
    assert purpose == "reset"
    assert harness.services.users.own_account.look_up(token=link, purpose=Purpose.RESET, now=START) == owner
    assert choose(harness, link) == owner
    assert works(harness, owner.email, ANOTHER)
    assert not works(harness, owner.email, PASSWORD)
    assert harness.services.users.authentication.actor_for(token=token, now=START) is None, (
        "all sessions ended"
    )


def test_a_link_works_once_and_the_newest_alone(harness, owner, mailbox):
    ask(harness, owner.email)
    ((_, first),) = map(link_in, mailbox(owner.email))
    ask(harness, owner.email)
    (second,) = {link_in(message)[1] for message in mailbox(owner.email)} - {first}
    for token in (first, second, second):
        if token == second and works(harness, owner.email, PASSWORD):
            choose(harness, token)
            continue
        with pytest.raises(LinkSpent):
            choose(harness, token, PASSWORD)
    assert works(harness, owner.email, ANOTHER)


def test_a_link_expires(harness, owner, mailbox):
    ask(harness, owner.email)
    ((_, token),) = map(link_in, mailbox(owner.email))
    with pytest.raises(LinkSpent):
        choose(harness, token, now=START + timedelta(hours=1))
    assert works(harness, owner.email, PASSWORD)


def test_a_refused_password_leaves_the_link_good(harness, owner, mailbox):
    ask(harness, owner.email)
    ((_, token),) = map(link_in, mailbox(owner.email))
    with pytest.raises(Invalid, match="easy to guess"):
        choose(harness, token, "password1234")
    assert choose(harness, token)


@pytest.mark.parametrize("token", ["", "x", "a.b", "é" * 50, "x" * 10**6, "WyJhIiwicmVzZXQiLCJuIl0.forged"])
def test_a_forged_link(harness, token):
    for purpose in Purpose:
        with pytest.raises(LinkSpent):
            choose(harness, token, purpose=purpose)


def test_a_link_is_for_its_purpose_and_person(harness, owner, mailbox):
    ask(harness, owner.email)
    ((_, token),) = map(link_in, mailbox(owner.email))
    with pytest.raises(LinkSpent):
        choose(harness, token, purpose=Purpose.WELCOME)
    users, admin = harness.services.users.accounts, harness.actor("administrator")
    users.update(
        actor=admin,
        now=START,
        user_id=owner.user_id,
        expected_version=1,
        name="Ana",
        email=owner.email,
        role_id="agent",
        active=False,
        team_ids=(),
    )
    with pytest.raises(LinkSpent):
        choose(harness, token)


def test_nobody_learns_whether_an_address_is_known(harness, owner, mailbox):
    """Asking writes one entry for either address; only the worker looks it up."""
    before = {item.entry_id for item in outbox_table.everything()}
    for email in (owner.email, "nobody@example.org"):
        ask(harness, email)
    asked = [item for item in outbox_table.everything() if item.entry_id not in before]
    assert sorted(item.payload["email"] for item in asked) == sorted([owner.email, "nobody@example.org"])
    assert mailbox("nobody@example.org") == []
    assert len(mailbox(owner.email)) == 1


def test_who_asks_again_and_again_has_to_wait(harness, owner):
    for _ in range(5):
        ask(harness, owner.email)
    with pytest.raises(Throttled):
        ask(harness, owner.email)


def test_no_secret_waits_in_the_outbox(harness, owner, mailbox):
    ask(harness, owner.email)
    for item in outbox_table.due(START, 50):
        if item.kind == "reset":
            harness.services.users.own_account.deliver(item.payload, item.entry_id, START)
            outbox_table.done(item)
    waiting = "".join(str(item.serialize()) for item in Outbox.scan())
    ((_, token),) = map(link_in, mailbox(owner.email))
    assert token not in waiting
    assert user_table.find(owner.user_id).links["reset"][0] in waiting, (
        "it names the link, which is no secret"
    )


def test_an_email_whose_link_was_replaced_is_not_sent(harness, owner, mailbox):
    item = user_table.find(owner.user_id)
    harness.services.users.own_account.send_link(item, Purpose.RESET, START)
    user_table.update(owner.user_id, links={})
    assert mailbox(owner.email) == []


def test_changing_ones_own_password_ends_the_other_sessions(harness, owner):
    authentication, sessions = harness.services.users.authentication, harness.services.users.sessions
    here, there = (sessions.start(user_id=owner.user_id, now=START) for _ in range(2))
    actor = authentication.actor_for(token=here, now=START)
    change = harness.services.users.own_account.change_password
    this = sessions.resolve(token=here, now=START).id
    with pytest.raises(Invalid) as wrong:
        change(
            actor=actor, current=ANOTHER, password=ANOTHER, session_id=this, revoke_tokens=False, now=START
        )
    assert wrong.value.fields.keys() == {"current"}
    change(actor=actor, current=PASSWORD, password=ANOTHER, session_id=this, revoke_tokens=False, now=START)
    assert authentication.actor_for(token=here, now=START)
    assert authentication.actor_for(token=there, now=START) is None
    assert works(harness, owner.email, ANOTHER)
