"""Whatever people name or write is refused if nothing of it can be seen."""

import pytest

from services.errors import Invalid
from services.users.identity import SYSTEM, Permission, Scope
from tests.services.harness import START, Harness

BLANK = "\u3164 \u2800\u200b"


def _team(harness: Harness, kind: str = "team") -> None:
    harness.services.catalog.save(
        actor=SYSTEM, now=START, kind=kind, id_=None, name=BLANK, active=True, expected_version=0
    )


def _category(harness: Harness) -> None:
    _team(harness, "category")


def _organization(harness: Harness) -> None:
    harness.services.users.organizations.save(
        actor=SYSTEM, now=START, id_=None, name=BLANK, active=True, shares_tickets=False, domains=(),
        expected_version=0,
    )  # fmt: skip


def _role(harness: Harness) -> None:
    harness.services.users.roles.save(
        actor=SYSTEM, role_id="blank", name=BLANK, permissions={Permission.TICKET_VIEW: Scope.OWN},
        expected_version=0, now=START,
    )  # fmt: skip


def _token(harness: Harness) -> None:
    harness.services.users.api_tokens.create(
        actor=harness.actor("agent"), now=START, name=BLANK, scopes=["ticket:view"], days=30
    )


def _user(harness: Harness) -> None:
    harness.services.users.accounts.create(
        actor=SYSTEM, now=START, name=BLANK, email="blank@example.org", role_id="customer"
    )


def _subject(harness: Harness) -> None:
    harness.ticket(harness.actor("agent"), subject=BLANK)


def _reply(harness: Harness) -> None:
    agent = harness.actor("agent")
    harness.update(agent, harness.ticket(agent), body=BLANK, public=True)


def _note(harness: Harness) -> None:
    agent = harness.actor("agent")
    harness.update(agent, harness.ticket(agent), body=BLANK, public=False)


@pytest.mark.parametrize(
    "write", [_team, _category, _organization, _role, _token, _user, _subject, _reply, _note]
)
def test_what_nobody_can_see_is_refused(harness, write):
    with pytest.raises(Invalid):
        write(harness)


def test_a_message_keeps_the_indentation_of_its_first_line(harness, agent):
    ticket = harness.ticket(agent, body="\n    def f():\n        pass\n\n")
    _, events = harness.services.tickets.service.timeline(actor=agent, ticket_id=ticket.ticket_id)
    assert events[0].body == "    def f():\n        pass"
