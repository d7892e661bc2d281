"""`ledgerdesk config`: the settings checked, printed without secrets, and described once."""

import re

import pytest

from local.settings import ROOT
from portal.config.definition import definitions
from portal.config.settings import Settings
from tests.portal.cli.run import run

SECRETS = ("k" * 48, "older" * 10, "a client secret", "a mail password", "a demo password")
GIVEN = {
    "SECRET_KEY": SECRETS[0],
    "SECRET_KEY_FALLBACKS": SECRETS[1],
    "OIDC_PROVIDERS": "corp",
    "OIDC_CORP_ISSUER": "https://corp.example",
    "OIDC_CORP_CLIENT_ID": "desk",
    "OIDC_CORP_CLIENT_SECRET": SECRETS[2],
    "OIDC_CORP_DOMAINS": "two.example,one.example",
    "OIDC_CORP_ROLES": "helpdesk=agent,visitors=customer",
    "SMTP_PASSWORD": SECRETS[3],
    "SMTP_STARTTLS": "0",
    "DEMO_PASSWORD": SECRETS[4],
}
HEADER = "| name | default | meaning |"


@pytest.fixture
def printed():
    """Return what `config check` prints, by name."""
    result = run(None, "config", "check", settings=Settings.from_env(GIVEN))
    assert result.exit_code == 0, result.output
    assert not [secret for secret in SECRETS if secret in result.output]
    pairs = [line.split(maxsplit=1) for line in result.output.splitlines()]
    return {name: rest[0] if rest else "" for name, *rest in pairs}


def test_every_setting_is_printed_as_the_environment_spells_it(printed):
    assert {one.name for one in definitions(Settings).values()} <= set(printed)
    assert printed["OIDC_PROVIDERS"] == "corp"
    assert printed["OIDC_CORP_ISSUER"] == "https://corp.example"
    assert printed["OIDC_CORP_DOMAINS"] == "one.example,two.example"
    assert printed["OIDC_CORP_ROLES"] == "helpdesk=agent,visitors=customer"
    assert (printed["PORT"], printed["SMTP_STARTTLS"], printed["SMTP_HOST"]) == ("8080", "0", "")


def test_of_a_secret_only_its_presence_is_told(printed):
    secret = {one.name for one in definitions(Settings).values() if one.secret}
    assert secret == {"SECRET_KEY", "SECRET_KEY_FALLBACKS", "SMTP_PASSWORD", "DEMO_PASSWORD"}
    assert {printed[name] for name in (*secret, "OIDC_CORP_CLIENT_SECRET")} == {"(set)"}
    without = run(None, "config", "check", settings=Settings(secret_key="k" * 48))
    assert re.search(r"^SMTP_PASSWORD +\(not set\)$", without.output, re.MULTILINE)


def test_the_documentation_has_every_setting_as_it_is_defined():
    """To write the tables again: ledgerdesk config list --markdown."""
    guide = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    tables = [HEADER + table.partition("\n\n")[0] for table in guide.split(HEADER)[1:]]
    described = run(None, "config", "list", "--markdown").output
    assert described == "\n\n".join(tables) + "\n"


def test_the_list_has_a_line_for_each_setting():
    lines = run(None, "config", "list").output.splitlines()
    assert [line.split()[0] for line in lines][:3] == ["ENVIRONMENT", "DATA_DIR", "SECRET_KEY"]
    assert any(line.startswith("OIDC_NAME_ISSUER ") for line in lines)
