"""`ledgerdesk accounts`: how a new instance gets its first administrator, and how the only one comes back in."""

from datetime import UTC, datetime

import pyotp
import pytest

from dynamodb_client import ConnectionOptions
from models import outbox
from services.users.identity import SYSTEM
from tests.portal.cli.run import run


@pytest.fixture
def accounts(site):
    return lambda *arguments: run(site.services, "accounts", *arguments)


@pytest.fixture
def invite(accounts):
    return lambda *arguments: accounts("invite", *arguments)


def test_the_first_administrator_is_invited_by_email(site, invite, tables: ConnectionOptions):
    result = invite("first@example.org", "--name", "Ada First")
    assert result.exit_code == 0, result.output
    person = site.services.users.accounts.find_by_email("first@example.org")
    assert (person.name, person.role_id) == ("Ada First", "administrator")
    mail_messages = [
        item for item in outbox.Outbox.query(outbox.QUEUE) if person.user_id in str(item.payload)
    ]
    assert len(mail_messages) == 1


def test_another_role_can_be_given(site, invite):
    assert invite("helper@example.org", "--name", "Help Er", "--role", "agent").exit_code == 0
    assert site.services.users.accounts.find_by_email("helper@example.org").role_id == "agent"


@pytest.mark.parametrize(
    "arguments",
    [
        ("administrator@demo.example", "--name", "Twice"),
        ("nobody", "--name", "No Address"),
        ("new@example.org", "--name", "New", "--role", "emperor"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(invite, arguments):
    result = invite(*arguments)
    assert result.exit_code == 1
    assert result.output.count("\n") == 1
    assert result.output.startswith("Error: ")


def test_who_lost_phone_and_codes_signs_in_without_them(site, accounts):
    factor, actor, now = site.services.users.second_factor, site.actor("administrator"), datetime.now(UTC)
    enrolment = factor.begin(actor)
    code = pyotp.TOTP(enrolment.key.replace(" ", "")).at(now)
    factor.confirm(actor=actor, token=enrolment.token, code=code, now=now)
    result = accounts("second-factor-off", "Administrator@demo.example")
    assert result.exit_code == 0, result.output
    assert not factor.is_on(actor.user_id)
    events = site.services.users.audit_log.iterate(actor=SYSTEM, conditions=(), sort=None)
    event = next(each for each in events if each.action == "user.second_factor_off")
    assert (event.actor_id, event.subject) == ("system", f"user:{actor.user_id}")


@pytest.mark.parametrize(
    ("email", "message"),
    [
        ("nobody@example.org", "There is no account with the address"),
        ("agent@demo.example", "agent@demo.example has no second factor"),
        ("nobody", "Enter an email address"),
    ],
)
def test_a_second_factor_that_is_not_there_is_said_in_one_line(accounts, email, message):
    result = accounts("second-factor-off", email)
    assert result.exit_code == 1
    assert result.output.count("\n") == 1
    assert result.output.startswith(f"Error: {message}")
