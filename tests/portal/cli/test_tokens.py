"""`ledgerdesk tokens`: an operator sees which API tokens there are and ends one."""

from datetime import UTC, datetime

import pytest

from services.users.identity import SYSTEM
from tests.portal.cli.run import run


@pytest.fixture
def tokens(site):
    return lambda *arguments: run(site.services, "tokens", *arguments)


def created(site, role, name):
    return site.services.users.api_tokens.create(
        actor=site.actor(role), now=datetime.now(UTC), name=name, scopes=["ticket:view"], days=30
    )


def works(site, secret):
    return site.services.users.api_tokens.authenticate(secret=secret, now=datetime.now(UTC)) is not None


def test_tokens_are_listed_without_their_secret(site, tokens):
    token, secret = created(site, "agent", "Nightly export")
    result = tokens("list")
    assert result.exit_code == 0, result.output
    header, *rows = result.stdout.splitlines()
    assert header.split() == ["ID", "PERSON", "NAME", "LAST", "USED", "EXPIRES", "MAY"]
    (row,) = [row for row in rows if "Nightly export" in row]
    assert row.startswith(f"{token.id[:12]}  Agent Demo  ")
    assert row.endswith("ticket:view")
    assert f"{token.expires_at:%Y-%m-%d}" in row
    assert secret not in result.output


def test_the_list_of_one_person(site, tokens):
    created(site, "agent", "Of the agent")
    created(site, "manager", "Of the manager")
    result = tokens("list", "--email", "manager@demo.example")
    assert "Of the manager" in result.stdout
    assert "Of the agent" not in result.stdout
    unknown = tokens("list", "--email", "nobody@example.org")
    assert (unknown.exit_code, unknown.stderr.count("\n")) == (1, 1)


def test_a_revoked_token_stops_working_and_the_audit_log_says_who_ended_it(site, tokens):
    token, secret = created(site, "agent", "Went astray")
    assert works(site, secret)
    result = tokens("revoke", token.id[:12])
    assert result.exit_code == 0, result.output
    assert result.stdout == "The token Went astray of Agent Demo is revoked.\n"
    assert not works(site, secret)
    events = site.services.users.audit_log.iterate(actor=SYSTEM, conditions=(), sort=None)
    revoked = next(event for event in events if event.action == "token.revoked")
    assert (revoked.actor_id, revoked.subject) == ("system", f"user:{site.users['agent']}")


@pytest.mark.parametrize("given", ["0" * 12, "", "half"])
def test_an_id_that_names_no_token_is_one_line_and_ends_nothing(site, tokens, given):
    _, secret = created(site, "agent", "Stays")
    result = tokens("revoke", given)
    assert (result.exit_code, result.stderr) == (1, "Error: This token does not exist.\n")
    assert works(site, secret)


def test_the_start_of_an_id_must_be_as_long_as_the_list_shows_it(site, tokens):
    token, secret = created(site, "agent", "Nearly named")
    assert tokens("revoke", token.id[:11]).exit_code == 1
    assert works(site, secret)
