"""Builds audit events, each written in the transaction of the change that it records."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from models import audit as audit_table
from models.audit import AuditEntry, entry_key
from services.users.identity.actor import Actor


class AuditWriter:
    """Builds entries of the audit log; whoever changes something writes them along."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id

    def entry(
        self,
        *,
        actor: Actor,
        now: datetime,
        action: str,
        subject: str,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> AuditEntry:
        """Build an event from what differs between two states, which must not contain secrets.

        Raises ViewingOnly if the actor only views as somebody else: they cannot change anything.
        """
        actor.check_not_viewing()
        old, new = before or {}, after or {}
        names = [*old, *(name for name in new if name not in old)]
        pairs = {name: [old.get(name), new.get(name)] for name in names}
        return AuditEntry(
            entry_key=entry_key(now, self._new_id()),
            at=now,
            actor_id=actor.user_id,
            action=action,
            subject=subject,
            address=actor.address,
            changes={name: pair for name, pair in pairs.items() if pair[0] != pair[1]},
        )

    def record(self, entry: AuditEntry) -> None:
        """Write the entry of an event that changes nothing else."""
        audit_table.add(entry)
