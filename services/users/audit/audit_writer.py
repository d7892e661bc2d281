"""What an administrative act leaves behind: an entry that is written in the act's own transaction."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from models import audit as audit_table
from models.audit import AuditEntry, entry_key
from services.users.identity.actor import Actor


class AuditWriter:
    """Makes the entries of the trail; whoever changes something writes them along."""

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
        """Describe an act by what differs between two states; secrets must not be among them.

        Raises ViewingOnly for who only looks: what is recorded is what changes something.
        """
        actor.check_acts()
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
        """Write the entry of an act that writes nothing else."""
        audit_table.add(entry)
