"""What must be sent because of a change: written in its transaction, delivered by the worker."""

from datetime import datetime
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from dynamodb_client import Instant, Json, LeanModel
from models import items, transaction
from models.store_errors import VersionMoved, translated
from models.times import from_text, to_text
from models.transaction import Also, Delete

# One queue: it is short, and one worker at a time delivers. What was given up lies beside it.
QUEUE, FAILED = "all", "failed"


class Outbox(LeanModel):
    """One delivery that is due; `due_key` is the due time with an id, so that the soonest come first.

    In the shard of those that failed it is the time at which the delivery was given up. While a worker delivers it,
    nobody else does until `claimed_until`. `error` says why the last attempt failed.
    """

    class Meta:
        table_name = "outbox"

    shard = UnicodeAttribute(hash_key=True, default=QUEUE)
    due_key = UnicodeAttribute(range_key=True)
    kind = UnicodeAttribute()
    payload = Json[dict[str, Any]]()
    attempts = NumberAttribute(default=0)
    queued_at = Instant(null=True)
    claimed_until = Instant(null=True)
    error = UnicodeAttribute(null=True)

    @property
    def entry_id(self) -> str:
        """Return the id, which stays the same when the delivery is rescheduled."""
        return self.due_key.partition("#")[2]

    @property
    def due(self) -> datetime:
        """Return the due time, or when it was given up."""
        return from_text(self.due_key.partition("#")[0])

    @property
    def since(self) -> datetime:
        """Return when the delivery was asked for; earlier versions did not write that down."""
        return self.queued_at or self.due


def entry(kind: str, payload: dict[str, Any], *, due: datetime, id_: str) -> Outbox:
    """Build a delivery that is due at a time."""
    return Outbox(due_key=f"{to_text(due)}#{id_}", kind=kind, payload=payload, queued_at=due)


def put(item: Outbox) -> None:
    """Write a delivery that goes with no other write."""
    with translated():
        item.save()


def due(now: datetime, limit: int) -> list[Outbox]:
    """List what is due, the longest waiting first."""
    with translated():
        due = Outbox.query(QUEUE, Outbox.due_key <= f"{to_text(now)}#~", limit=limit, consistent_read=True)
        return list(due)


def claim(item: Outbox, *, now: datetime, until: datetime) -> bool:
    """Take a delivery for some time and count the attempt; False while another worker has it, or once it is gone."""
    free = Outbox.due_key.exists() & (Outbox.claimed_until.does_not_exist() | (Outbox.claimed_until <= now))
    values = {"claimed_until": until, "attempts": int(item.attempts) + 1}
    try:
        with translated():
            item.update(actions=items.changes(Outbox, values), condition=free)
    except VersionMoved:
        return False
    return True


def done(item: Outbox) -> None:
    """Drop a delivery that has arrived."""
    with translated():
        item.delete()


def reschedule(item: Outbox, *, until: datetime, error: str) -> None:
    """Move a delivery that failed to a later time."""
    _move(item, QUEUE, until, error=error, attempts=int(item.attempts), queued_at=item.since)


def give_up(item: Outbox, *, at: datetime, error: str) -> None:
    """Lay a delivery aside that will not arrive."""
    _move(item, FAILED, at, error=error, attempts=int(item.attempts), queued_at=item.since)


def again(item: Outbox, *, now: datetime, also: Also) -> None:
    """Make a delivery that was given up due once more, as if it had just been asked for."""
    _move(item, QUEUE, now, also=also, error=None, attempts=0, queued_at=now)


def drop(item: Outbox, *, also: Also) -> None:
    """Delete a delivery that was given up, and write what goes along; raises VersionMoved once it is gone."""
    transaction.write(Delete(item, Outbox.due_key.exists()), also=also)


def _move(item: Outbox, shard: str, at: datetime, also: Also = (), **values: Any) -> None:
    """Move a delivery; when somebody else was faster, nothing happens."""
    moved = Outbox(
        shard=shard,
        due_key=f"{to_text(at)}#{item.entry_id}",
        kind=item.kind,
        payload=item.payload,
        **values,
    )
    try:
        transaction.write(Delete(item, Outbox.due_key.exists()), also=[moved, *also])
    except VersionMoved:
        return


def waiting(limit: int) -> list[Outbox]:
    """List what was not delivered yet, whenever it is due, the soonest first."""
    with translated():
        return list(Outbox.query(QUEUE, limit=limit, consistent_read=True))


def failed(limit: int) -> list[Outbox]:
    """List what was given up, the latest first."""
    with translated():
        return list(Outbox.query(FAILED, limit=limit, scan_index_forward=False, consistent_read=True))


def find_failed(due_key: str) -> Outbox | None:
    """Read one delivery that was given up."""
    return items.find(Outbox, FAILED, due_key)


def failed_before(then: datetime, limit: int) -> list[Outbox]:
    """List what was given up before a time."""
    with translated():
        return list(Outbox.query(FAILED, Outbox.due_key < to_text(then), limit=limit))


def everything() -> list[Outbox]:
    """List all that waits or was given up: for checks and for erasing a person."""
    with translated():
        return [item for shard in (QUEUE, FAILED) for item in Outbox.query(shard, consistent_read=True)]
