"""Accounts people make themselves: for whom it is open, once each, and without telling who has one."""

import re
from datetime import timedelta
from itertools import count

import pytest

from models import audit as audit_table
from models import outbox as outbox_table
from models import user as user_table
from models.user import User
from services.errors import Invalid, Throttled
from services.users.accounts import LinkSpent, Purpose, RegistrationClosed
from services.users.credentials import Origin
from services.users.identity import PermissionDenied, StaleRecord
from tests.services.harness import START
from tests.services.users.conftest import link_in

PASSWORD = "correct horse battery staple"
ANOTHER = "violet tractor under snowfall"
networks = count(1)


@pytest.fixture(scope="module")
def admin(harness):
    return harness.actor("administrator")


@pytest.fixture
def rule(harness, admin):
    """Give a function that says who may register; at the end it is nobody again."""

    def save_policy(registration, domains="", actor=admin, expected_version=None):
        if expected_version is None:
            expected_version = harness.services.users.registration_policy.stored().version
        return harness.services.users.registration_policy.save(
            actor=actor,
            now=harness.now(),
            registration=registration,
            domains=domains,
            expected_version=expected_version,
        )

    yield save_policy
    save_policy("off")


def ask(harness, email, name="Ana Silva", network=None, now=START):
    origin = Origin(network or f"198.51.100.{next(networks)}", "Firefox")
    harness.services.users.registration.ask(name=name, email=email, origin=origin, now=now)


def token_for(harness, mailbox, email, **more):
    ask(harness, email, **more)
    (message,) = mailbox(email.strip().lower())
    purpose, token = link_in(message)
    assert purpose == "register"
    return token


def register(harness, token, now=START, password=PASSWORD):
    return harness.services.users.registration.register(
        token=token, password=password, origin=Origin("192.0.2.70"), now=now
    ).user


def test_an_account_is_made_by_its_owner(harness, rule, mailbox):
    rule("on")
    before = User.count()
    token = token_for(harness, mailbox, " Ana.New@Reg.example", name="  Ana   Silva ")
    assert User.count() == before, "no account before the link came back"
    registration = harness.services.users.registration.look_up(token=token, now=START)
    assert (registration.name, registration.email) == ("Ana Silva", "ana.new@reg.example")
    user = register(harness, token)
    stored = user_table.find(user.user_id)
    assert (user.name, user.email, user.role_id) == ("Ana Silva", "ana.new@reg.example", "customer")
    assert (stored.verified_at, stored.invited_at, stored.active) == (START, None, True)
    assert harness.services.users.authentication.validate_user(email=user.email, password=PASSWORD) == user
    (event,) = audit_table.of_subject(f"user:{user.user_id}")
    assert (event.action, event.actor_id, event.address) == ("user.registered", user.user_id, "192.0.2.70")
    assert PASSWORD not in str(event.changes)


def test_a_link_works_once(harness, rule, mailbox, admin):
    rule("on")
    token = token_for(harness, mailbox, "once@reg.example")
    user = register(harness, token)
    with pytest.raises(LinkSpent):
        register(harness, token, password=ANOTHER)
    harness.services.users.accounts.update(
        actor=admin, now=START, user_id=user.user_id, expected_version=1, name=user.name, email="else@reg.example",
        role_id="customer", active=True, team_ids=(),
    )  # fmt: skip
    with pytest.raises(LinkSpent):
        register(harness, token, password=ANOTHER)
    assert user_table.find_by_email("once@reg.example") is None, "not even when the address is free again"


def test_of_two_links_one_makes_the_account(harness, rule, mailbox):
    rule("on")
    first = token_for(harness, mailbox, "two@reg.example")
    ask(harness, "two@reg.example", name="Another Name")
    (second,) = {link_in(message)[1] for message in mailbox("two@reg.example")} - {first}
    assert register(harness, second).name == "Another Name"
    with pytest.raises(LinkSpent):
        register(harness, first)


def test_a_link_expires_after_a_day(harness, rule, mailbox):
    rule("on")
    token = token_for(harness, mailbox, "late@reg.example")
    with pytest.raises(LinkSpent):
        register(harness, token, START + timedelta(days=1))
    assert register(harness, token, START + timedelta(days=1, seconds=-1))


def test_a_refused_password_leaves_the_link_good(harness, rule, mailbox):
    rule("on")
    token = token_for(harness, mailbox, "weak@reg.example")
    for bad in ("short", "weak@reg.example", "x" * 10**7):
        with pytest.raises(Invalid):
            register(harness, token, password=bad)
    assert register(harness, token)


@pytest.mark.parametrize("token", ["", "x", "é" * 50, "x" * 10**6, "gAAAAABforged"])
def test_a_forged_link(harness, rule, token):
    rule("on")
    with pytest.raises(LinkSpent):
        register(harness, token)


def test_what_waits_in_the_outbox_is_no_link(harness, rule):
    rule("on")
    ask(harness, "sealed@reg.example", name="Sealed Sam")
    (waiting,) = [item for item in outbox_table.everything() if item.kind == "registration"]
    assert "sealed@reg.example" not in str(waiting.serialize())
    assert "Sam" not in str(waiting.serialize())
    with pytest.raises(LinkSpent):
        register(harness, waiting.payload["wish"])
    outbox_table.done(waiting)


def test_a_link_is_for_its_purpose(harness, rule, mailbox):
    rule("on")
    token = token_for(harness, mailbox, "purpose@reg.example")
    choose = harness.services.users.own_account.choose_password
    for purpose in Purpose:
        with pytest.raises(LinkSpent):
            choose(token=token, purpose=purpose, password=PASSWORD, origin=Origin(), now=START)


def test_nobody_learns_whether_an_address_is_known(harness, rule, mailbox):
    """Asking writes one entry of the same kind and size; only the owner of the mailbox reads more."""
    rule("domains", "reg.example")
    known = register(harness, token_for(harness, mailbox, "known1@reg.example"))
    emails = (known.email, "fresh1@reg.example", "other1@not.example")
    before = {item.entry_id for item in outbox_table.everything()}
    for email in emails:
        ask(harness, email)
    asked = [item for item in outbox_table.everything() if item.entry_id not in before]
    assert len(asked) == len(emails)
    assert len({(item.kind, tuple(item.payload), len(item.payload["wish"])) for item in asked}) == 1
    messages = {email: mailbox(email) for email in emails}
    (notice,) = [message for message in messages[known.email] if link_in(message)[0] == "reset"]
    assert "you already have one" in notice.get_content()
    assert [link_in(message)[0] for message in messages["fresh1@reg.example"]] == ["register"]
    assert messages["other1@not.example"] == []


def test_who_was_invited_is_invited_again(harness, rule, mailbox, admin):
    rule("on")
    harness.services.users.accounts.create(
        actor=admin, now=START, name="Bo", email="invited@reg.example", role_id="agent"
    )
    ask(harness, "invited@reg.example")
    assert {link_in(message)[0] for message in mailbox("invited@reg.example")} == {"welcome"}


def test_a_suspended_person_stays_out(harness, rule, mailbox):
    rule("on")
    user = register(harness, token_for(harness, mailbox, "gone@reg.example"))
    user_table.update(user.user_id, active=False)
    ask(harness, "gone@reg.example")
    assert len(mailbox("gone@reg.example")) == 1


def test_a_strangers_words_are_not_sent_to_others(harness, rule, mailbox):
    rule("on")
    ask(harness, "victim@reg.example", name="Win at http://evil.example")
    (message,) = mailbox("victim@reg.example")
    assert "evil" not in message.as_string()
    assert re.findall(r"https?://[^/\s]+", message.get_content()) == ["http://127.0.0.1"]


@pytest.mark.parametrize(
    ("email", "admitted"),
    [
        ("a1@listed.example", True),
        ("a2@LISTED.Example", True),
        ("a3@\uff4cisted.example", True),  # folds to the same letters, and is written to there
        ("a4@b\u00fccher.example", True),
        ("a5@xn--bcher-kva.example", True),
        ("a6@B\u00dcCHER.example", True),
        ("a7@l\u0456sted.example", False),  # a Cyrillic i
        ("a8@sub.listed.example", False),
        ("a9@listed.example.evil.example", False),
        ("a10@notlisted.example", False),
        ("a11@bucher.example", False),
        ("a12@l\u0131sted.example", False),  # a Turkish i
    ],
)
def test_only_listed_domains(harness, rule, mailbox, email, admitted):
    rule("domains", "@Listed.example, b\u00fccher.example\nlisted.example")
    assert harness.services.users.registration_policy.stored().domains == (
        "listed.example",
        "xn--bcher-kva.example",
    )
    ask(harness, email)
    assert len(mailbox(f"{email.partition('@')[0]}@")) == admitted


def test_what_is_closed_meanwhile_is_closed(harness, rule, mailbox):
    rule("on")
    token = token_for(harness, mailbox, "closing@reg.example")
    for closed in (("domains", "else.example"), ("off", "")):
        rule(*closed)
        with pytest.raises(LinkSpent):
            register(harness, token)
    with pytest.raises(RegistrationClosed):
        ask(harness, "closed@reg.example")
    rule("on")
    assert register(harness, token)


def test_who_asks_again_and_again_has_to_wait(harness, rule):
    rule("on")
    for _ in range(5):
        ask(harness, "again@reg.example", network="203.0.113.9")
    with pytest.raises(Throttled):
        ask(harness, "AGAIN@reg.example", network="203.0.113.9")


@pytest.mark.parametrize(("name", "email", "field"), [("", "a@b.example", "name"), ("A", "a b@c.d", "email")])
def test_a_request_that_cannot_be(harness, rule, name, email, field):
    rule("on")
    with pytest.raises(Invalid) as refused:
        ask(harness, email, name=name)
    assert refused.value.fields.keys() == {field}


class TestRules:
    def test_a_change_takes_effect_and_is_in_the_audit_log(self, harness, rule, admin):
        rule("off")
        assert not harness.services.users.registration.is_open()
        rule("domains", "two.example one.example")
        assert harness.services.users.registration.is_open()
        event = list(audit_table.of_subject("access:registration"))[-1]
        assert (event.action, event.actor_id) == ("access.changed", admin.user_id)
        assert event.changes["registration"] == ["off", "domains"]
        assert event.changes["domains"] == [[], ["one.example", "two.example"]]

    def test_a_stale_form_overwrites_nothing(self, rule):
        version = rule("on").version
        rule("domains", "one.example")
        with pytest.raises(StaleRecord):
            rule("off", expected_version=version)

    @pytest.mark.parametrize("role", ["manager", "agent", "customer"])
    def test_only_administrators_change_them(self, harness, rule, role):
        with pytest.raises(PermissionDenied):
            rule("on", actor=harness.actor(role))

    @pytest.mark.parametrize(
        ("registration", "domains", "field"),
        [
            ("everybody", "", "registration"),
            ("", "", "registration"),
            ("domains", "", "domains"),
            ("domains", "localhost", "domains"),
            ("domains", "one.example a@b.example", "domains"),
            ("domains", "*.one.example", "domains"),
            ("domains", "\ud800.example", "domains"),
            ("on", " ".join(f"d{n}.example" for n in range(101)), "domains"),
        ],
    )
    def test_rules_that_cannot_be(self, rule, registration, domains, field):
        with pytest.raises(Invalid) as refused:
            rule(registration, domains)
        assert refused.value.fields.keys() == {field}
