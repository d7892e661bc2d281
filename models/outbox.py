"""What must be sent because of a change: written in its transaction, delivered by the worker."""

from datetime import datetime
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from dynamodb_client import Json, LeanModel
from models import transaction
from models.store_errors import VersionMoved, translated
from models.times import to_text
from models.transaction import Delete

# One queue: it is short, and one worker at a time delivers.
QUEUE = "all"


class Outbox(LeanModel):
    """One delivery that is due; `due_key` is the due time with an id, so that the soonest come first."""

    class Meta:
        table_name = "outbox"

    shard = UnicodeAttribute(hash_key=True, default=QUEUE)
    due_key = UnicodeAttribute(range_key=True)
    kind = UnicodeAttribute()
    payload = Json[dict[str, Any]]()
    attempts = NumberAttribute(default=0)

    @property
    def entry_id(self) -> str:
        """Return the id, which stays the same when the delivery is rescheduled."""
        return self.due_key.partition("#")[2]


def entry(kind: str, payload: dict[str, Any], *, due: datetime, id_: str, attempts: int = 0) -> Outbox:
    """Build a delivery that is due at a time."""
    return Outbox(due_key=f"{to_text(due)}#{id_}", kind=kind, payload=payload, attempts=attempts)


def put(item: Outbox) -> None:
    """Write a delivery that goes with no other write."""
    with translated():
        item.save()


def due(now: datetime, limit: int) -> list[Outbox]:
    """List what is due, the longest waiting first."""
    with translated():
        due = Outbox.query(QUEUE, Outbox.due_key <= f"{to_text(now)}#~", limit=limit, consistent_read=True)
        return list(due)


def done(item: Outbox) -> None:
    """Drop a delivery that has arrived."""
    with translated():
        item.delete()


def reschedule(item: Outbox, *, until: datetime) -> None:
    """Move a delivery that failed to a later time; when another worker was faster, nothing happens."""
    later = entry(item.kind, item.payload, due=until, id_=item.entry_id, attempts=int(item.attempts) + 1)
    try:
        transaction.write(Delete(item, Outbox.due_key.exists()), also=[later])
    except VersionMoved:
        return


def everything() -> list[Outbox]:
    """List all that waits, whenever it is due: for checks and for erasing a person."""
    with translated():
        return list(Outbox.query(QUEUE, consistent_read=True))
