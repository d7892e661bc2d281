"""Failed attempts, counted per key for a while: what the login throttle needs to know."""

from collections.abc import Sequence
from datetime import datetime

from pynamodb.attributes import NumberAttribute, TTLAttribute, UnicodeAttribute

from dynamodb_client import Instant, LeanModel
from models.store_errors import translated


class Attempt(LeanModel):
    """How often something failed, when last, and when the count is forgotten."""

    class Meta:
        table_name = "attempts"

    key = UnicodeAttribute(hash_key=True)
    failures = NumberAttribute(default=0)
    last_at = Instant()
    expires_at = TTLAttribute()


def find_many(keys: Sequence[str]) -> dict[str, Attempt]:
    """Read the counts of several keys at once, strongly; a key without failures is left out."""
    with translated():
        return {item.key: item for item in Attempt.batch_get(list(keys), consistent_read=True)}


def add_failure(key: str, *, now: datetime, expires_at: datetime, restart: bool) -> None:
    """Count one more failure atomically; `restart` counts from one, for a count that has expired."""
    count = Attempt.failures.set(1) if restart else Attempt.failures.add(1)
    with translated():
        Attempt(key=key).update(actions=[count, Attempt.last_at.set(now), Attempt.expires_at.set(expires_at)])


def forget(key: str) -> None:
    """Drop a count after a success."""
    with translated():
        Attempt(key=key).delete()


def forget_prefix(prefix: str) -> None:
    """Drop every count whose key begins like this; reads the whole table, which is small."""
    with translated():
        for item in list(Attempt.scan(Attempt.key.startswith(prefix), attributes_to_get=["key"])):
            item.delete()


def sweep(now: datetime, limit: int) -> int:
    """Delete expired counts, for engines that do not expire items themselves; returns how many."""
    with translated():
        expired = list(Attempt.scan(Attempt.expires_at < now, limit=limit, attributes_to_get=["key"]))
        for item in expired:
            item.delete()
    return len(expired)
