"""A small house to test in: the product's own services on tables of their own, and people in it."""

import itertools
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from dynamodb_client import ConnectionOptions
from models import ticket_history
from models.ticket_history import TicketHistory
from models.user import User
from services.bootstrap import Services
from services.mail import FolderMailer, Mailbox, Sender
from services.options import Options
from services.tickets import Ticket, audit
from services.users.identity import BUILT_IN, Actor, Permission, Scope
from services.users.sign_in import Provider

# What a password costs an attacker matters to the tests of passwords alone.
CHEAP = PasswordHasher(time_cost=1, memory_cost=128, parallelism=1)


def options(
    connection: ConnectionOptions, folder: Path, shards: int = 1, providers: tuple[Provider, ...] = ()
) -> Options:
    """Say how the services of a test are built: over existing tables, with their files in a folder."""
    return Options(
        connection=connection,
        analytics_dir=folder / "analytics",
        secrets=(b"k" * 32,),
        mailer=FolderMailer(folder / "mail", Sender(Mailbox("desk@example.org")), lambda: datetime.now(UTC)),
        base_url="http://127.0.0.1",
        rejects_dir=folder / "rejects",
        shards=shards,
        providers=providers,
        password_hasher=CHEAP,
    )


START = datetime(2026, 11, 22, 10, tzinfo=UTC)


@dataclass
class Harness:
    """The services, with short ways to what tests need; `now` moves on by a second each time."""

    services: Services
    _seconds: Any = field(default_factory=lambda: itertools.count())

    def now(self) -> datetime:
        """Return a later time than ever before."""
        return START + timedelta(seconds=next(self._seconds))

    def actor(
        self,
        role: str,
        *,
        teams: Iterable[str] = (),
        permissions: Mapping[Permission, Scope] | None = None,
        stored: bool = True,
    ) -> Actor:
        """Bring a new person of a role; with permissions of their own where the role is not built in."""
        user_id = uuid.uuid4().hex
        name = f"{role} {user_id[:6]}"
        if stored:
            User(
                user_id=user_id,
                name=name,
                sort_name=name,
                role_id=role,
                team_ids=list(teams),
                created_at=START,
            ).save()
        granted = BUILT_IN[role][1] if permissions is None else permissions
        on_desk = granted.get(Permission.TICKET_VIEW, Scope.NONE) >= Scope.TEAM
        return Actor(
            user_id=user_id,
            name=name,
            kind="agent" if on_desk else "customer",
            role_id=role,
            team_ids=frozenset(teams),
            permissions=granted,
        )

    def ticket(self, by: Actor, **changes: Any) -> Ticket:
        """Open a ticket."""
        values = {"subject": "Printer on fire", "body": "Smoke comes out of it.", **changes}
        return self.services.tickets.service.create(actor=by, now=self.now(), **values)

    def update(
        self, by: Actor, ticket: Ticket, expected_version: int | None = None, **changes: Any
    ) -> Ticket:
        """Change a ticket that was read at `expected_version`; may take `body`, `public`, `idempotency_key`."""
        along = {name: changes.pop(name) for name in ("body", "public", "idempotency_key") if name in changes}
        return self.services.tickets.service.update(
            actor=by,
            now=self.now(),
            ticket_id=ticket.ticket_id,
            expected_version=expected_version or ticket.version,
            changes=changes,
            **along,
        )

    def get(self, by: Actor, ticket: Ticket) -> Ticket:
        """Read a ticket as it stands."""
        return self.services.tickets.service.get(actor=by, ticket_id=ticket.ticket_id)

    def violations(self, ticket: Ticket) -> list[str]:
        """Check one ticket as the verification of the whole ledger does, and return what is wrong with it."""
        return audit._violations_now(ticket.ticket_id, history(ticket))


def history(ticket: Ticket) -> list[TicketHistory]:
    """Read a ticket's history as stored."""
    return ticket_history.of_ticket(ticket.ticket_id)


def kinds(ticket: Ticket) -> list[str]:
    """Name what happened to a ticket, in order."""
    return [event.kind for event in history(ticket)]
