"""What has not arrived: the deliveries of the outbox as administrators see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models import outbox as outbox_table
from models.audit import AuditEntry
from models.outbox import Outbox as Entry
from models.store_errors import VersionMoved
from services.caching import ShortCache
from services.errors import NotFound
from services.outbox import present_kind
from services.users.audit import AuditWriter
from services.users.authorization import RoleService
from services.users.identity import Actor, Permission

SHOWN = 100
FAILED = "failed"


class DeliveryGone(NotFound):
    """There is no such failed delivery, or no longer."""

    def __init__(self) -> None:
        super().__init__("This delivery is no longer in the list.")


@dataclass(frozen=True)
class Delivery:
    """One delivery: what it is, whom or what it is about, since when, and why it has not arrived.

    `at` is when it is tried again; of one that failed, when it was given up.
    """

    key: str
    label: str
    user_id: str | None
    ticket_id: int | None
    since: datetime
    at: datetime
    attempts: int
    error: str | None

    @classmethod
    def from_model(cls, item: Entry) -> "Delivery":
        """Take over an entry of the outbox without what it holds."""
        payload: Mapping[str, Any] = item.payload
        kind = present_kind(item.kind)
        return cls(
            key=item.due_key,
            label=kind.label if kind else item.kind,
            user_id=payload.get("user_id"),
            ticket_id=payload.get("ticket_id"),
            since=item.since,
            at=item.due,
            attempts=int(item.attempts),
            error=item.error,
        )


@dataclass(frozen=True)
class DeliveryState:
    """What waits and what failed, each at most SHOWN of them."""

    waiting: list[Delivery]
    failed: list[Delivery]


class DeliveryService:
    """Shows what has not arrived, and sends it again or drops it."""

    def __init__(self, *, roles: RoleService, audit_writer: AuditWriter, cache: ShortCache[str, int]) -> None:
        self._roles, self._audit_writer, self._cache = roles, audit_writer, cache

    def state(self, *, actor: Actor) -> DeliveryState:
        """Return what waits, the soonest first, and what failed, the latest first."""
        self._check(actor)
        return DeliveryState(
            waiting=[Delivery.from_model(item) for item in outbox_table.waiting(SHOWN)],
            failed=[Delivery.from_model(item) for item in outbox_table.failed(SHOWN)],
        )

    def count_failed(self, *, actor: Actor) -> int:
        """Count what failed, up to SHOWN; may be a minute old."""
        self._check(actor)
        count = self._cache.get(FAILED)
        return self._cache.put(FAILED, len(outbox_table.failed(SHOWN))) if count is None else count

    def send_again(self, *, actor: Actor, now: datetime, key: str) -> None:
        """Make a failed delivery due at once; raises DeliveryGone."""
        item = self._failed(actor, key)
        outbox_table.again(item, now=now, also=[self._event(actor, now, "delivery.sent_again", item)])

    def drop(self, *, actor: Actor, now: datetime, key: str) -> None:
        """Delete a failed delivery; raises DeliveryGone."""
        item = self._failed(actor, key)
        try:
            outbox_table.drop(item, also=[self._event(actor, now, "delivery.dropped", item)])
        except VersionMoved as gone:
            raise DeliveryGone from gone

    def _check(self, actor: Actor) -> None:
        self._roles.check_permission(actor=actor, permission=Permission.SETTING_EDIT)

    def _failed(self, actor: Actor, key: str) -> Entry:
        self._check(actor)
        item = outbox_table.find_failed(key)
        if item is None:
            raise DeliveryGone
        return item

    def _event(self, actor: Actor, now: datetime, action: str, item: Entry) -> AuditEntry:
        self._cache.drop(FAILED)
        subject, after = f"delivery:{item.entry_id}", {"kind": item.kind}
        return self._audit_writer.entry(actor=actor, now=now, action=action, subject=subject, after=after)
