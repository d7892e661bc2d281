"""One's own address: confirmed by a link, changed by a link sent to the new one, never anybody else's."""

from datetime import timedelta

import pytest

from models import audit as audit_table
from models import user as user_table
from services.errors import Invalid, Throttled
from services.users.accounts import LinkSpent, Purpose
from services.users.credentials import Origin
from services.users.identity import StaleRecord
from tests.services.harness import START
from tests.services.users.conftest import link_in

PASSWORD = "correct horse battery staple"


@pytest.fixture
def someone(harness):
    """Give a function that creates a customer with a password."""

    def made(email, name="Ana Silva"):
        return harness.services.users.accounts.create(
            actor=harness.actor("administrator"), now=START, name=name, email=email, role_id="customer",
            password=PASSWORD,
        )  # fmt: skip

    return made


@pytest.fixture
def owner(harness, someone):
    """Somebody with an address of their own, as an actor."""
    user = someone(f"{harness.actor('agent').user_id}@own.example")
    token = harness.services.users.sessions.start(user_id=user.user_id, now=START)
    return harness.services.users.authentication.actor_for(token=token, now=START)


@pytest.fixture
def ask(harness, owner, mailbox):
    """Give a function that asks for another address and returns the token of the link sent there."""

    def asked(email, password=PASSWORD):
        harness.services.users.email_addresses.ask_for_change(
            actor=owner, email=email, password=password, now=START
        )
        return link_in(mailbox(email.lower())[-1])[1]

    return asked


def confirm(harness, token, now=START):
    harness.services.users.email_addresses.confirm(token=token, now=now)


def stored(owner):
    return user_table.find(owner.user_id)


def test_the_address_changes_when_the_link_comes_back(harness, owner, ask, mailbox):
    new = f"New.{owner.email}"
    token = ask(new)
    assert stored(owner).email == owner.email
    assert harness.services.users.email_addresses.own(actor=owner, now=START).asked == new.lower()
    assert harness.services.users.email_addresses.look_up(token=token, now=START) == new.lower()
    confirm(harness, token)
    item = stored(owner)
    assert (item.email, item.verified_at, item.links) == (new.lower(), START, {})
    assert harness.services.users.accounts.find_by_email(new).user_id == owner.user_id
    assert harness.services.users.accounts.find_by_email(owner.email) is None
    (notice,) = [each for each in mailbox(owner.email) if each["To"] == owner.email]
    assert "has been changed" in notice.get_content()
    assert new.lower() not in notice.get_content()
    events = {event.action: event for event in audit_table.of_subject(f"user:{owner.user_id}")}
    event = events["user.address_changed"]
    assert event.actor_id == owner.user_id
    assert event.changes == {"email": [owner.email, new.lower()]}
    with pytest.raises(LinkSpent):
        confirm(harness, token)


def test_a_present_address_is_confirmed(harness, owner, mailbox):
    assert not harness.services.users.email_addresses.own(actor=owner, now=START).confirmed
    harness.services.users.email_addresses.ask_to_confirm(actor=owner, now=START)
    ((purpose, token),) = map(link_in, mailbox(owner.email))
    confirm(harness, token)
    assert (purpose, stored(owner).verified_at) == ("verify", START)
    with pytest.raises(LinkSpent):
        confirm(harness, token)
    with pytest.raises(Invalid, match="already confirmed"):
        harness.services.users.email_addresses.ask_to_confirm(actor=owner, now=START)


def test_looking_uses_nothing_up(harness, owner, ask):
    token = ask(f"look.{owner.email}")
    for _ in range(3):
        harness.services.users.email_addresses.look_up(token=token, now=START)
    assert stored(owner).email == owner.email
    confirm(harness, token)


def test_it_takes_the_password_which_is_not_guessed_here(harness, owner, mailbox):
    def change(password):
        harness.services.users.email_addresses.ask_for_change(
            actor=owner, email=f"x.{owner.email}", password=password, now=START
        )

    for n in range(5):
        with pytest.raises(Invalid) as refused:
            change(f"guess {n}")
        assert refused.value.fields.keys() == {"proof"}
    with pytest.raises(Throttled):
        change(PASSWORD)
    assert mailbox(f"x.{owner.email}") == []


def test_nobody_learns_that_an_address_is_taken(harness, owner, someone, mailbox):
    """Asking says the same for a taken address; its owner is told, and gets no link."""
    taken = f"taken.{owner.email}"
    someone(taken, "Bo")
    for email in (taken, f"free.{owner.email}"):
        harness.services.users.email_addresses.ask_for_change(
            actor=owner, email=email, password=PASSWORD, now=START
        )
        (message,) = mailbox(email)
        assert ("/account/verify/" in message.get_content()) == (email != taken)
        assert owner.name not in message.get_content()


def test_an_address_taken_meanwhile_is_not_taken_over(harness, owner, ask, someone):
    new = f"raced.{owner.email}"
    token = ask(new)
    other = someone(new, "Bo")
    with pytest.raises(LinkSpent):
        confirm(harness, token)
    assert harness.services.users.accounts.find_by_email(new) == other
    assert (stored(owner).email, stored(owner).verified_at) == (owner.email, None)


def test_what_an_administrator_changes_meanwhile_is_not_overwritten(harness, owner, ask, monkeypatch):
    token = ask(f"stale.{owner.email}")
    read, admin = user_table.find, harness.actor("administrator")

    def raced(user_id):
        item = read(user_id)
        monkeypatch.setattr(user_table, "find", read)
        harness.services.users.accounts.update(
            actor=admin, now=START, user_id=user_id, expected_version=1, name="Renamed", email=owner.email,
            role_id="customer", active=True, team_ids=(),
        )  # fmt: skip
        return item

    monkeypatch.setattr(user_table, "find", raced)
    with pytest.raises(StaleRecord):
        confirm(harness, token)
    assert (stored(owner).name, stored(owner).email) == ("Renamed", owner.email)
    confirm(harness, token)
    assert (stored(owner).name, stored(owner).email) == ("Renamed", f"stale.{owner.email}")


def test_links_that_went_to_the_old_address_die_with_it(harness, owner, ask, mailbox):
    token = ask(f"moved.{owner.email}")
    harness.services.users.own_account.ask_for_reset(
        email=owner.email, origin=Origin("192.0.2.61"), now=START
    )
    (reset,) = [link_in(each)[1] for each in mailbox(owner.email) if "/reset/" in each.get_content()]
    confirm(harness, token)
    with pytest.raises(LinkSpent):
        harness.services.users.own_account.choose_password(
            token=reset, purpose=Purpose.RESET, password=PASSWORD, origin=Origin(), now=START
        )


def test_a_link_is_good_for_three_days_and_for_this_alone(harness, owner, ask):
    token = ask(f"late.{owner.email}")
    with pytest.raises(LinkSpent):
        confirm(harness, token, START + timedelta(days=3))
    choose = harness.services.users.own_account.choose_password
    for purpose in (Purpose.RESET, Purpose.WELCOME):
        with pytest.raises(LinkSpent):
            choose(token=token, purpose=purpose, password=PASSWORD, origin=Origin(), now=START)
    with pytest.raises(LinkSpent):
        harness.services.users.registration.look_up(token=token, now=START)
    user_table.update(owner.user_id, active=False)
    with pytest.raises(LinkSpent):
        confirm(harness, token)


@pytest.mark.parametrize("email", ["", "no address", "a@b", "\u0430na@example.org"])
def test_what_is_no_address(harness, owner, email):
    with pytest.raises(Invalid) as refused:
        harness.services.users.email_addresses.ask_for_change(
            actor=owner, email=email, password=PASSWORD, now=START
        )
    assert refused.value.fields.keys() == {"email"}
    with pytest.raises(Invalid, match="already"):
        harness.services.users.email_addresses.ask_for_change(
            actor=owner, email=owner.email.upper(), password=PASSWORD, now=START
        )
