"""`python -m local.data_fixture write FOLDER`: pack a small data folder of this release.

Every release adds its archive to tests/data/, and tests/local/test_released_data.py lets the current code
open each of them. Times and keys are fixed; ids and password hashes are random.
"""

import argparse
import gzip
import json
import sys
import tarfile
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyotp

import models
from dynamodb_client import disconnect
from local.commands import CommandFailed, environment, run_command
from local.compact import compact
from local.engine import Engine
from local.folder_lock import LOCK_NAME
from local.ports import free_port
from local.server import EngineError
from models import identity, user
from portal.cli import demo
from portal.config.private_files import write_privately
from portal.config.service_options import service_options
from portal.config.settings import Settings
from services import __version__
from services.bootstrap import Services, build_services
from services.errors import ServiceError
from services.users.credentials import Origin
from services.users.identity import SYSTEM, Actor, BadCredentials

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
PASSWORD = "the password of a demo"  # noqa: S105 - of accounts that exist in the archives alone
SECRET_KEY = "not a secret: it signs and encrypts nothing but data of the archives"  # noqa: S105 - as it says
IDENTITY = "corp|agent-of-the-archive"
MANIFEST = "manifest.json"
UNUSED = {"metrics", "reports", "leases"}  # tables without lasting items: the archive cannot show them
UNKNOWN = Origin()


class TablesEmpty(Exception):
    """The data folder shows nothing of some tables; the message names them."""


@dataclass(frozen=True)
class Opened:
    """The services on a data folder whose engine runs, and the environment of the product's commands."""

    services: Services
    given: dict[str, str]
    prefix: str

    def sign_in(self, role: str, now: datetime, code: str | None = None) -> Actor:
        """Sign in a demo account, with a code where it has a second factor."""
        authentication = self.services.users.authentication
        answer = authentication.sign_in(email=email_of(role), password=PASSWORD, origin=UNKNOWN, now=now)
        if code is not None:
            answer = authentication.finish_sign_in(token=answer.token, code=code, origin=UNKNOWN, now=now)
        actor = authentication.actor_for(token=answer.token, now=now)
        assert actor is not None  # noqa: S101 - the session was started one line above
        return actor


def email_of(role: str) -> str:
    """Return the address of a role's demo account."""
    return f"{role}@demo.example"


def opened(folder: Path) -> Opened:
    """Run the release command on a data folder whose engine runs and build the services."""
    given = environment(folder, free_port())
    run_command(given=given)
    settings = Settings.from_env(given)
    return Opened(build_services(service_options(settings)), given, settings.table_prefix)


def write(target: Path) -> Path:
    """Fill a new data folder and pack it as `release-VERSION.tar.gz`.

    Raises CommandFailed, EngineError, and TablesEmpty when a table needs an example here.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "secret-key").write_text(SECRET_KEY, encoding="utf-8")
        with Engine(folder):
            try:
                filled = opened(folder)
                manifest = _fill(filled)
                _check_tables(filled.prefix)
                run_command("analytics", "rebuild", given=filled.given)
            finally:
                disconnect()
        compact(folder)
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        archive = target / f"release-{__version__}.tar.gz"
        _pack(folder, archive)
    return archive


def _fill(filled: Opened) -> dict[str, Any]:
    """Put something into every table that the product writes, and return what later versions must find."""
    services = filled.services
    demo.ensure(services, password=PASSWORD, now=NOW)
    with suppress(BadCredentials):
        services.users.authentication.sign_in(
            email=email_of("agent"), password=SECRET_KEY, origin=UNKNOWN, now=NOW
        )
    administrator, agent = filled.sign_in("administrator", NOW), filled.sign_in("agent", NOW)
    organization = services.users.organizations.save(
        actor=administrator, now=NOW, id_=None, name="Example Ltd", active=True, shares_tickets=True,
        domains=["customers.example"], expected_version=0,
    )  # fmt: skip
    services.users.registration_policy.save(
        actor=administrator, now=NOW, registration="domains", domains="customers.example", expected_version=0
    )
    services.users.accounts.create(
        actor=SYSTEM, now=NOW, name="Ines Customer", email="ines@customers.example", role_id="customer",
        password=PASSWORD, team_ids=(),
    )  # fmt: skip
    services.users.own_account.ask_for_reset(email="ines@customers.example", origin=UNKNOWN, now=NOW)
    _ask_for_an_erasure(services, administrator)
    _link_identity(agent)
    scopes = services.users.api_tokens.grantable(agent)
    _, token = services.users.api_tokens.create(actor=agent, now=NOW, name="Script", scopes=scopes, days=365)
    return {
        "version": __version__,
        "organization_id": organization.id,
        "token": token,
        "second_factor": _second_factor(filled),
        "ticket": _ticket(services, agent),
        "verified": _verified(services),
    }


def _ask_for_an_erasure(services: Services, administrator: Actor) -> None:
    """Create a person whose erasure waits for a worker, as a job."""
    person = services.users.accounts.create(
        actor=SYSTEM, now=NOW, name="Otto Former", email="otto@customers.example", role_id="customer",
        password=PASSWORD, team_ids=(),
    )  # fmt: skip
    services.privacy.erasures.ask(actor=administrator, user_id=person.user_id, confirmed=person.name, now=NOW)


def _link_identity(agent: Actor) -> None:
    """Give the agent an identity, as a sign-in with a provider does; the archive has no provider."""
    account = user.find(agent.user_id)
    assert account is not None  # noqa: S101 - the agent has just signed in
    identity.link(account, IDENTITY, [])


def _second_factor(filled: Opened) -> str:
    """Turn on the manager's second factor and return its key."""
    manager, second_factor = filled.sign_in("manager", NOW), filled.services.users.second_factor
    enrolment = second_factor.begin(manager)
    key = enrolment.key.replace(" ", "")
    second_factor.confirm(actor=manager, token=enrolment.token, code=pyotp.TOTP(key).at(NOW), now=NOW)
    return key


def _ticket(services: Services, agent: Actor) -> dict[str, Any]:
    """Create a ticket, change it and undo the change; return what must be read again."""
    ticket = services.tickets.service.create(
        actor=agent,
        now=NOW,
        subject="The release is packed",
        body="Every version opens it.",
        idempotency_key="packed",
    )
    number = ticket.ticket_id
    ticket = services.tickets.service.update(
        actor=agent,
        now=NOW,
        ticket_id=number,
        expected_version=ticket.version,
        changes={"priority": "high"},
        body="Now.",
    )
    ticket = services.tickets.service.undo(actor=agent, now=NOW, ticket_id=number, version=ticket.version)
    _, events = services.tickets.service.timeline(actor=agent, ticket_id=number)
    return {
        "ticket_id": number,
        "version": ticket.version,
        "subject": ticket.subject,
        "status": ticket.status,
        "priority": ticket.priority,
        "messages": [event.body for event in events if event.body],
    }


def _verified(services: Services) -> dict[str, int]:
    check = services.tickets.audit.verify()
    return {"tickets": check.tickets, "history_items": check.history_items, "violations": check.violations}


def _check_tables(prefix: str) -> None:
    empty = {
        table.Meta.table_name.removeprefix(prefix) for table in models.TABLES if not any(table.scan(limit=1))
    }
    if empty != UNUSED:
        raise TablesEmpty(
            f"without items are {', '.join(sorted(empty))}, but not {', '.join(sorted(UNUSED))}"
        )


def _pack(folder: Path, archive: Path) -> None:
    """Write the folder's files in a fixed order, without owners and times."""
    names = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != LOCK_NAME)
    with (
        archive.open("wb") as file,
        gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        for path in names:
            member = tarfile.TarInfo(str(path.relative_to(folder)))
            member.size = path.stat().st_size
            with path.open("rb") as content:
                tar.addfile(member, content)


def main() -> int:
    """Write the archive and say how large it is; 1 with one line when it cannot be written."""
    write_privately()
    parser = argparse.ArgumentParser(prog="python -m local.data_fixture", description=__doc__)
    parser.add_argument("command", choices=["write"])
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    try:
        archive = write(options.folder)
    except (CommandFailed, EngineError, OSError, ServiceError, TablesEmpty) as error:
        print(f"data fixture: {error}", file=sys.stderr)
        return 1
    print(f"{archive}: {archive.stat().st_size / 1000:,.0f} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
