"""Attempts, counted per key for a while: what the login throttle and the limit on opening tickets need to know.

An attempt is counted by a conditional write before the secret is looked at, so that of many at the same moment
no more get through than of as many in a row.
"""

from collections.abc import Sequence
from datetime import datetime

from pynamodb.attributes import NumberAttribute, TTLAttribute, UnicodeAttribute

from dynamodb_client import Instant, LeanModel
from models.store_errors import StoreError, VersionMoved, translated
from models.transaction import Update


class Attempt(LeanModel):
    """How often something was tried, when last, and when the count is forgotten."""

    class Meta:
        table_name = "attempts"

    key = UnicodeAttribute(hash_key=True)
    failures = NumberAttribute(default=0)
    last_at = Instant()
    expires_at = TTLAttribute()


class CountFull(StoreError):
    """As many are counted as there may be. Nothing was written."""


def find_many(keys: Sequence[str]) -> dict[str, Attempt]:
    """Read the counts of several keys at once, strongly; a key without attempts is left out."""
    with translated():
        return {item.key: item for item in Attempt.batch_get(list(keys), consistent_read=True)}


def take_free(key: str, *, free: int, now: datetime, expires_at: datetime) -> bool:
    """Count an attempt if fewer than `free` are counted; False if not, or if the count has expired."""
    few = (Attempt.failures < free) & (Attempt.expires_at > now)
    try:
        with translated():
            Attempt(key=key).update(
                actions=[
                    Attempt.failures.add(1),
                    Attempt.last_at.set(now),
                    Attempt.expires_at.set(expires_at),
                ],
                condition=Attempt.key.does_not_exist() | few,
            )
    except VersionMoved:
        return False
    return True


def counted(key: str, *, most: int, now: datetime, expires_at: datetime) -> Update:
    """Build the write that counts one more in a transaction; it is refused with CountFull once there are `most`."""
    return Update(
        Attempt(key=key),
        [Attempt.failures.add(1), Attempt.last_at.set(now), Attempt.expires_at.set(expires_at)],
        Attempt.key.does_not_exist() | (Attempt.failures < most),
        refused=CountFull,
    )


def take_turn(seen: Attempt, *, failures: int, now: datetime, expires_at: datetime) -> bool:
    """Set a count on the condition that it is still the one that was read; False if somebody was faster."""
    try:
        with translated():
            Attempt(key=seen.key).update(
                actions=[
                    Attempt.failures.set(failures),
                    Attempt.last_at.set(now),
                    Attempt.expires_at.set(expires_at),
                ],
                condition=(Attempt.failures == seen.failures) & (Attempt.last_at == seen.last_at),
            )
    except VersionMoved:
        return False
    return True


def give_back(key: str) -> None:
    """Take one attempt off a count, if there is one."""
    try:
        with translated():
            Attempt(key=key).update(actions=[Attempt.failures.add(-1)], condition=Attempt.failures > 0)
    except VersionMoved:
        return


def count(key: str, *, by: int, now: datetime, expires_at: datetime) -> int:
    """Count some events, however many there were, and return how many there are."""
    item = Attempt(key=key)
    with translated():
        item.update(
            actions=[Attempt.failures.add(by), Attempt.last_at.set(now), Attempt.expires_at.set(expires_at)]
        )
    return int(item.failures)


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
