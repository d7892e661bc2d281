"""Requests that Schemathesis makes from the description of the API: each is answered as the description says.

`make test` sends a few, the same each time; `make test-api` sends 20,000 with a token of each role.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from pynamodb_grid.tests.depth import DEEP
from services.users.api_tokens import SCOPES
from tests.portal.api_client import token_for

CONFIG = Path(__file__).parent / "schemathesis.toml"
CASES = int(os.environ.get("API_CASES", "0"))
ROLES = ("agent", "manager", "administrator")
GENERATED = re.compile(r"([\d,]+) generated")


class Quiet(WSGIRequestHandler):
    """Answers without a line for each request."""

    def log(self, type: str, message: str, *args: object) -> None:
        """Write nothing."""


@pytest.fixture(scope="module")
def address(site) -> Iterator[str]:
    """Serve the product on a port of this machine, with some tickets and reports in it."""
    for number in range(3):
        site.ticket(subject=f"Ticket {number}")
    site.services.reporting.analytics.follow(now=datetime.now(UTC))
    server = make_server("127.0.0.1", 0, site.app, threaded=True, request_handler=Quiet)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/api/v1/openapi.json"
    server.shutdown()
    thread.join()
    server.server_close()


def run(site, address, role, *arguments):
    """Send requests as somebody of a role; return how many, after all checks passed."""
    services = site.services.users
    grantable = [scope for scope in SCOPES if scope in services.api_tokens.grantable(site.actor(role))]
    secret = token_for(site, role, grantable)[1]
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "--no-color", "run", address,
        "--header", f"Authorization: Bearer {secret}", "--checks", "all", "--continue-on-failure",
        "--exclude-operation-id", "revoke_own_token", "--warnings", "off", "--generation-database", "none",
        *arguments,
    ]  # fmt: skip
    with TemporaryDirectory() as folder:  # it keeps what failed where it runs
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    return int(GENERATED.search(done.stdout)[1].replace(",", ""))


@pytest.mark.skipif(bool(CASES) or DEEP, reason="test-api sends many more")
@pytest.mark.takes(15)
def test_a_few_requests(site, address):
    assert run(site, address, "administrator", "--phases", "fuzzing", "-n", "2", "--seed", "1") > 50


@pytest.mark.skipif(not CASES, reason="runs in make test-api")
def test_many_requests(site, address):
    most = max(1, CASES // len(ROLES) // 60)
    phases = "examples,coverage,fuzzing,stateful"
    sent = [run(site, address, role, "--phases", phases, "-n", str(most)) for role in ROLES]
    assert sum(sent) >= CASES, dict(zip(ROLES, sent, strict=True))
