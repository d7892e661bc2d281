"""`flask people invite`: how a new instance gets its first administrator."""

import pytest

from models import outbox
from models.connection import ConnectionOptions


@pytest.fixture
def invite(site):
    def run(*arguments):
        return site.app.test_cli_runner().invoke(args=["people", "invite", *arguments])

    return run


def test_the_first_administrator_is_invited_by_letter(site, invite, tables: ConnectionOptions):
    result = invite("first@example.org", "--name", "Ada First")
    assert result.exit_code == 0, result.output
    person = site.services.users.find_by_email("first@example.org")
    assert (person.name, person.role_id) == ("Ada First", "administrator")
    letters = [item for item in outbox.Outbox.query(outbox.QUEUE) if person.user_id in str(item.payload)]
    assert len(letters) == 1


def test_another_role_can_be_given(site, invite):
    assert invite("helper@example.org", "--name", "Help Er", "--role", "agent").exit_code == 0
    assert site.services.users.find_by_email("helper@example.org").role_id == "agent"


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
