"""Commands are found wherever they are typed, and a wrong setting is one line and exit code 2 wherever it is read."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from local.settings import ROOT
from portal.cli.flask_alias import UNCHANGED
from portal.cli.main import ledgerdesk
from services import __version__
from tests.patience import PATIENCE
from tests.portal.cli.run import run

BIN = Path(sys.executable).parent
COMMANDS = {
    "accounts": ["invite", "second-factor-off"],
    "analytics": ["rebuild", "summary"],
    "config": ["check", "list"],
    "import": ["incidents"],
    "keys": ["renew"],
    "setup": [],
    "tokens": ["list", "revoke"],
    "verify": [],
    "version": [],
    "worker": [],
}
OLD_COMMANDS = ("analytics summary", "import incidents", "keys renew", "people invite", "setup", "worker")
# How each process of the product starts.
STARTS = {
    "command": [str(BIN / "ledgerdesk"), "setup"],
    "config check": [str(BIN / "ledgerdesk"), "config", "check"],
    "worker": [str(BIN / "ledgerdesk"), "worker"],
    "gunicorn": [str(BIN / "gunicorn"), "wsgi:app"],
    "wsgi": [sys.executable, "-c", "import wsgi"],
    "flask": [sys.executable, "-m", "flask", "--app", "portal.cli.headless", "setup"],
    "make run": [sys.executable, "-m", "local"],
    "engine": [sys.executable, "-m", "local.engine"],
    "make compact": [sys.executable, "-m", "local.compact"],
}


def started(command: list[str], cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program with the environment of this test and some settings."""
    env = {**os.environ, **environment}
    return subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def test_the_entry_point_has_these_commands():
    commands = {
        name: sorted(getattr(command, "commands", {})) for name, command in ledgerdesk.commands.items()
    }
    assert commands == COMMANDS


@pytest.mark.parametrize("words", [[], *[[name, *rest[:1]] for name, rest in COMMANDS.items()]])
def test_every_command_says_what_it_does(words):
    result = CliRunner().invoke(ledgerdesk, [*words, "--help"])
    assert result.exit_code == 0
    assert result.output.startswith("Usage: ")


def test_the_script_runs_from_any_folder(tmp_path):
    done = started([str(BIN / "ledgerdesk"), "version"], cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"ledgerdesk {__version__}\n", "")
    assert started([str(ROOT / "ledgerdesk"), "version"], cwd=tmp_path).stdout == done.stdout


def test_commands_load_no_web():
    code = (
        "import sys; import portal.cli.main; from portal.cli.product import Product; Product().services;"
        "print(*({'flask', 'flask_admin', 'dash', 'portal.app'} & set(sys.modules)))"
    )
    done = started([sys.executable, "-c", code])
    assert done.stdout == "\n", done.stderr


@pytest.mark.parametrize("command", STARTS.values(), ids=STARTS)
def test_a_wrong_setting_is_one_line_and_exit_code_2(command, tmp_path):
    done = started(command, DATA_DIR=str(tmp_path), PORT="http")
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1
    assert "PORT must be a number from 1 to 65535, not 'http'." in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("app", ["wsgi", "portal.cli.headless"])
def test_flask_is_a_deprecated_alias(app):
    """Without being told where, flask looks into wsgi.py."""
    where = [] if app == "wsgi" else ["--app", app]
    done = started([sys.executable, "-m", "flask", *where, "ledger", "verify", "--help"])
    assert done.returncode == 0, done.stderr
    assert done.stderr == "`flask ledger verify` is deprecated: use `ledgerdesk verify`.\n"
    assert "Check every ticket against its history" in done.stdout


def test_every_older_command_has_its_alias(site):
    assert {name.split()[0] for name in OLD_COMMANDS} == {*UNCHANGED, "people"}
    for name in OLD_COMMANDS:
        result = site.app.test_cli_runner().invoke(args=[*name.split(), "--help"])
        assert result.exit_code == 0, result.output
        assert "is deprecated: use `ledgerdesk " in result.stderr


def test_an_alias_does_what_the_command_does(site):
    arguments = ("second-factor-off", "nobody@example.org")
    new = run(site.services, "accounts", *arguments)
    old = site.app.test_cli_runner().invoke(args=["people", *arguments])
    assert old.exit_code == new.exit_code == 1
    assert old.stderr == "`flask people` is deprecated: use `ledgerdesk accounts`.\n" + new.stderr
    assert site.app.test_cli_runner().invoke(args=["keys", "renew"]).stdout == "0 renewed\n"
