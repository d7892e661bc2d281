"""Idempotency keys: items that are written once, so that a repeated request writes nothing."""

from datetime import datetime
from typing import Any

from pynamodb.attributes import TTLAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from dynamodb_client import Instant, Json, LeanModel
from models import items
from models.store_errors import StoreError, VersionMoved, translated
from models.transaction import Put


class IdempotencyKey(LeanModel):
    """One key, the fingerprint of its request, and what the request recorded.

    Of a request that is still being carried out, `claimed_by` is the write id, and `claimed_until` the time after
    which it is taken for one that broke off.
    """

    class Meta:
        table_name = "idempotency_keys"

    key = UnicodeAttribute(hash_key=True)
    value = Json[dict[str, Any]](default=dict)
    fingerprint = UnicodeAttribute(null=True)
    claimed_by = UnicodeAttribute(null=True)
    claimed_until = Instant(null=True)
    expires_at = TTLAttribute()


def find(key: str) -> IdempotencyKey | None:
    """Read what a key recorded, strongly; None for a key that was not used."""
    return items.find(IdempotencyKey, key)


def is_used(key: str) -> bool:
    """Tell whether a key was used."""
    return find(key) is not None


def first(item: IdempotencyKey, refused: type[StoreError]) -> Put:
    """Write a key along with something else; the transaction raises `refused` if it was used before."""
    return Put(item, IdempotencyKey.key.does_not_exist(), refused=refused)


def unused(write_id: str) -> Condition:
    """Return the condition that nobody has used or claimed a key, except the request with this write id."""
    condition: Condition = IdempotencyKey.key.does_not_exist() | (IdempotencyKey.claimed_by == write_id)
    return condition


def claim(item: IdempotencyKey, now: datetime) -> bool:
    """Write a claim; False when the key is used, or claimed by a request that has not broken off."""
    free = unused(str(item.claimed_by)) | (IdempotencyKey.claimed_until < now)
    try:
        with translated():
            item.save(condition=free)
    except VersionMoved:
        return False
    return True


def record(item: IdempotencyKey) -> None:
    """Write what a claimed request recorded, in place of its claim."""
    with translated():
        item.save()


def release(key: str, write_id: str) -> None:
    """Delete a claim, so that the request can be sent again; a key whose request was carried out stays."""
    try:
        with translated():
            IdempotencyKey(key=key).delete(condition=IdempotencyKey.claimed_by == write_id)
    except VersionMoved:
        return


def sweep(now: datetime, limit: int) -> int:
    """Delete expired keys, for engines that do not expire items themselves; returns how many."""
    with translated():
        expired = list(
            IdempotencyKey.scan(IdempotencyKey.expires_at < now, limit=limit, attributes_to_get=["key"])
        )
        with IdempotencyKey.batch_write() as batch:
            for item in expired:
                batch.delete(item)
    return len(expired)
