"""Commands are found wherever they are typed."""

import subprocess
import sys

import pytest

from local.settings import ROOT


@pytest.mark.parametrize("where", [(), ("--app", "portal.cli.headless")])
def test_a_command_is_found(where):
    """Without being told where, flask looks into wsgi.py."""
    command = [sys.executable, "-m", "flask", *where, "ledger", "verify", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "Check every ticket against its history" in done.stdout
