"""Data folders of every release open in the current code: tests/data/ has one archive for each.

docs/development/releasing.md says how a release adds its own.
"""

import json
import re
import subprocess
import sys
import tarfile
from datetime import UTC, datetime

import pyotp
import pytest

from dynamodb_client import disconnect
from local.commands import run_command
from local.data_fixture import MANIFEST, PASSWORD, email_of, opened
from local.engine import Engine
from local.settings import ROOT
from services import __version__
from services.reporting.schema import FINGERPRINT, FINGERPRINT_0_2_0
from services.users.credentials import Origin
from services.users.sign_in import CodeNeeded
from tests.engines import embedded_only

pytestmark = [pytest.mark.engine, embedded_only]
DATA = ROOT / "tests" / "data"
ARCHIVES = sorted(DATA.glob("release-*.tar.gz"))


@pytest.fixture(scope="module", params=ARCHIVES, ids=lambda path: path.name.removesuffix(".tar.gz"))
def released(request, tmp_path_factory):
    """Unpack a release's data folder, start the engine on it and upgrade it; return it with its manifest."""
    folder = tmp_path_factory.mktemp("released")
    with tarfile.open(request.param) as archive:
        archive.extractall(folder, filter="data")
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    with Engine(folder):
        try:
            yield opened(folder), manifest
        finally:
            disconnect()


def test_every_release_has_its_archive():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    releases = set(re.findall(r"^## \[(\d+\.\d+\.\d+)\]", changelog, re.MULTILINE))
    assert releases == {path.name[len("release-") : -len(".tar.gz")] for path in ARCHIVES}
    assert __version__ in releases
    assert all(path.stat().st_size < 300_000 for path in ARCHIVES)


def test_the_ledger_is_whole(released):
    data, manifest = released
    said = run_command("verify", given=data.given)
    verified = manifest["verified"]
    assert f"{verified['tickets']} tickets, {verified['history_items']} history items, 0 violations" in said
    assert verified["tickets"] > 100


def test_the_columnar_copy_is_read(released):
    """The worker takes it over as it is, unless reports have learnt of a field since."""
    data, manifest = released
    progress = data.services.reporting.analytics.follow(now=datetime.now(UTC))
    assert progress.rebuilt == (FINGERPRINT != FINGERPRINT_0_2_0)
    counts = json.loads(run_command("analytics", "summary", "--json", given=data.given))
    assert counts["tickets"] == manifest["verified"]["tickets"]
    assert counts["history_items"] == manifest["verified"]["history_items"]


def test_a_ticket_is_read_and_changed(released):
    data, manifest = released
    now, expected = datetime.now(UTC), manifest["ticket"]
    agent = data.sign_in("agent", now)
    ticket, events = data.services.tickets.service.timeline(actor=agent, ticket_id=expected["ticket_id"])
    for name in ("ticket_id", "version", "subject", "status", "priority"):
        assert getattr(ticket, name) == expected[name]
    assert [event.version for event in events] == list(range(1, expected["version"] + 1))
    assert [event.body for event in events if event.body] == expected["messages"]
    changed = data.services.tickets.service.update(
        actor=agent,
        now=now,
        ticket_id=ticket.ticket_id,
        expected_version=ticket.version,
        changes={"priority": "urgent"},
        body="Opened by a later version.",
    )
    assert changed.version == ticket.version + 1
    assert data.services.tickets.audit.verify().violations == 0


@pytest.mark.parametrize("role", ["customer", "agent", "administrator"])
def test_people_sign_in(released, role):
    data, _ = released
    assert data.sign_in(role, datetime.now(UTC)).email == email_of(role)


def test_a_second_factor_is_still_asked_for_and_accepted(released):
    data, manifest = released
    now = datetime.now(UTC)
    asked = data.services.users.authentication.sign_in(
        email=email_of("manager"), password=PASSWORD, origin=Origin(), now=now
    )
    assert isinstance(asked, CodeNeeded)
    code = pyotp.TOTP(manifest["second_factor"]).at(now)
    assert data.sign_in("manager", now, code).email == email_of("manager")


def test_settings_organizations_and_tokens_are_there(released):
    data, manifest = released
    assert data.services.users.registration_policy.stored().domains == ("customers.example",)
    organization = data.services.users.organizations.get(manifest["organization_id"])
    assert (organization.name, organization.shares_tickets) == ("Example Ltd", True)
    created = datetime(2026, 12, 1, tzinfo=UTC)
    holder = data.services.users.api_tokens.authenticate(secret=manifest["token"], now=created)
    assert holder is not None
    assert holder.actor.email == email_of("agent")


def test_a_release_packs_all_tables_and_nothing_of_the_machine(tmp_path):
    command = [sys.executable, "-m", "local.data_fixture", "write", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with tarfile.open(tmp_path / f"release-{__version__}.tar.gz") as packed:
        assert {"dynamodb.sqlite", "manifest.json", "secret-key"} <= set(packed.getnames())
        assert not [member.name for member in packed if member.mtime or member.uid or member.uname]
        manifest = json.loads(packed.extractfile(MANIFEST).read())
    assert manifest["version"] == __version__
    assert manifest["verified"]["violations"] == 0
