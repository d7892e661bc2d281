"""Sign-ins, wrong secrets and refused tokens: each a line of the log, and a bounded number of audit events.

Failures cost nothing to cause, so they must not be able to fill the audit log. Within an hour, the first few of
each account, each network and all together are recorded, and then every doubling of their number. What is
written never depends on whether an account exists.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock

import structlog

from models import attempt as attempt_table
from models.audit import AuditEntry
from services.users.audit.audit_writer import AuditWriter
from services.users.identity.actor import Actor

HOUR = timedelta(hours=1)
FIRST, FIRST_OF_NETWORK, FIRST_OF_ALL = 10, 50, 1000  # events of an hour that are all recorded
MOST_KEYS = 10_000  # that a process counts by itself
NOBODY = Actor(user_id="nobody", name="Somebody who is not signed in", kind="customer")
UNKNOWN_ACCOUNT = "account:unknown"

log = structlog.get_logger()


@dataclass(frozen=True)
class Failure:
    """A wrong secret: what was tried (`action`), for which account, as it was named, and whose it is if anybody's."""

    action: str
    account: str
    user_id: str | None
    network: str
    address: str | None = None
    actor: Actor | None = None  # who is signed in, if anybody is


class SecurityLog:
    """Notes sign-ins and failures without any secret, and in the log without personal data."""

    def __init__(self, audit_writer: AuditWriter) -> None:
        self._audit_writer, self._counts = audit_writer, _HourlyCounts()

    def failed(self, failure: Failure, *, now: datetime, **facts: str | None) -> None:
        """Log and record a failure; `facts` say more about it, such as the factor or the reason."""
        log.warning(failure.action.replace(".", "_"), user=failure.user_id, **facts)
        self.record_failure(failure, now=now, **facts)

    def record_failure(self, failure: Failure, *, now: datetime, **facts: str | None) -> None:
        """Record a failure that is logged elsewhere, if it is among the first of the hour."""
        limits = {
            f"account:{failure.account}": FIRST,
            f"network:{failure.network}": FIRST_OF_NETWORK,
            "all": FIRST_OF_ALL,
        }
        counts = [self._counts.count(failure.action, name, first, now) for name, first in limits.items()]
        of_account = counts[0]
        if of_account is None or None in counts:
            return
        entry = self._audit_writer.entry(
            actor=failure.actor or replace(NOBODY, address=failure.address),
            now=now,
            action=failure.action,
            subject=f"user:{failure.user_id}" if failure.user_id else UNKNOWN_ACCOUNT,
            after={**facts, "attempts_this_hour": of_account},
        )
        self._audit_writer.record(entry)

    def succeeded(self, *, actor: Actor, action: str, now: datetime, **facts: str | None) -> list[AuditEntry]:
        """Note what a user has done, and return the event to write with it, if it is recorded."""
        log.info(action.replace(".", "_"), user=actor.user_id, **facts)
        if not self.is_among_first(action, actor.user_id, now=now):
            return []
        subject = f"user:{actor.user_id}"
        return [self._audit_writer.entry(actor=actor, now=now, action=action, subject=subject, after=facts)]

    def is_among_first(self, action: str, user_id: str, *, now: datetime) -> bool:
        """Count an event of a user and tell whether it is one of few within the hour."""
        return self._counts.count(action, f"account:{user_id}", FIRST, now) is not None


class _HourlyCounts:
    """Counts events by hour: in this process, and in the table for all processes together.

    The table is asked for the first ones and for every doubling here, so that a flood writes nothing to it.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._hour: datetime | None = None
        self._counted: dict[str, int] = {}

    def count(self, action: str, name: str, first: int, now: datetime) -> int | None:
        """Count an event and return how many there are, None if this one is not to be recorded."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        text = f"{action}\x00{name}\x00{hour.isoformat()}"
        key = sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
        new = self._count_here(key, first, hour)
        if not new:
            return None
        total = attempt_table.count(f"noted:{key}", by=new, now=now, expires_at=hour + 2 * HOUR)
        return total if _is_recorded(total - new, total, first) else None

    def _count_here(self, key: str, first: int, hour: datetime) -> int:
        """Return how many events to add to the table: those since the last time, or none yet."""
        with self._lock:
            if hour != self._hour or len(self._counted) >= MOST_KEYS:
                self._hour = hour
                self._counted.clear()
            count = self._counted[key] = self._counted.get(key, 0) + 1
        if count <= first:
            return 1
        return _since_doubling(count, first) if _is_recorded(count - 1, count, first) else 0


def _is_recorded(before: int, count: int, first: int) -> bool:
    """Tell whether one of the first was counted, or the number reached a power of two."""
    return before < first or before.bit_length() < count.bit_length()


def _since_doubling(count: int, first: int) -> int:
    """Return how many events a power of two is above the power before it, or above the first ones."""
    return count - max(first, count // 2)
