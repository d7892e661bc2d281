"""Idempotency keys: items that are written once, so that a repeated request writes nothing."""

from datetime import datetime
from typing import Any

from pynamodb.attributes import TTLAttribute, UnicodeAttribute

from dynamodb_client import Json, LeanModel
from models import items
from models.store_errors import StoreError, translated
from models.transaction import Put


class IdempotencyKey(LeanModel):
    """One used key, and what its request recorded."""

    class Meta:
        table_name = "idempotency_keys"

    key = UnicodeAttribute(hash_key=True)
    value = Json[dict[str, Any]](default=dict)
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
