"""The audit log: who did what to what, from where, with what before and after."""

from collections.abc import Collection, Iterator
from datetime import datetime

from pynamodb.attributes import UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from dynamodb_client import Instant, Json, LeanModel
from models.store_errors import translated
from models.times import from_text, to_text

# One partition holds the whole log: administrative events are few, and a list of all of them is one query.
PARTITION = "all"


class AuditBySubject(GlobalSecondaryIndex["AuditEntry"]):
    """What was done to one thing, in order."""

    class Meta:
        index_name = "by_subject"
        projection = AllProjection()

    subject = UnicodeAttribute(hash_key=True)
    entry_key = UnicodeAttribute(range_key=True)


class AuditByActor(GlobalSecondaryIndex["AuditEntry"]):
    """What one person did, in order."""

    class Meta:
        index_name = "by_actor"
        projection = AllProjection()

    actor_id = UnicodeAttribute(hash_key=True)
    entry_key = UnicodeAttribute(range_key=True)


class AuditEntry(LeanModel):
    """One event; `subject` is "kind:id", `changes` maps a field to [before, after].

    People are named by id only, so that a name never has to be changed here.
    """

    class Meta:
        table_name = "audit"

    partition = UnicodeAttribute(hash_key=True, default=PARTITION, attr_name="trail")
    entry_key = UnicodeAttribute(range_key=True)
    at = Instant()
    actor_id = UnicodeAttribute()
    action = UnicodeAttribute()
    subject = UnicodeAttribute()
    address = UnicodeAttribute(null=True)
    changes = Json[dict[str, list[object]]](default=dict)
    by_subject = AuditBySubject()
    by_actor = AuditByActor()


def entry_key(at: datetime, unique: str) -> str:
    """Compute the key that puts entries in the order of time."""
    return f"{to_text(at)}#{unique}"


def time_of(key: str) -> datetime:
    """Return the time in the key of an entry."""
    return from_text(key.partition("#")[0])


def latest_key(before: str) -> str | None:
    """Return the key of the latest entry before another key, None if there is none; read strongly."""
    with translated():
        newest = AuditEntry.query(
            PARTITION,
            AuditEntry.entry_key < before,
            scan_index_forward=False,
            limit=1,
            consistent_read=True,
        )
        return next((entry.entry_key for entry in newest), None)


def since(key: str, actions: Collection[str]) -> Iterator[AuditEntry]:
    """Walk the entries after a key that are of certain actions, oldest first; read strongly."""
    with translated():
        yield from AuditEntry.query(
            PARTITION, AuditEntry.entry_key > key, AuditEntry.action.is_in(*actions), consistent_read=True
        )


def add(entry: AuditEntry) -> None:
    """Write an entry that goes with no other write; one that stands is never replaced."""
    with translated():
        entry.save(condition=AuditEntry.entry_key.does_not_exist())


def of_subject(subject: str) -> Iterator[AuditEntry]:
    """Walk what was done to one thing, oldest first; from an index."""
    with translated():
        yield from AuditEntry.by_subject.query(subject)


def of_actor(actor_id: str) -> Iterator[AuditEntry]:
    """Walk what one person did, oldest first; from an index."""
    with translated():
        yield from AuditEntry.by_actor.query(actor_id)
