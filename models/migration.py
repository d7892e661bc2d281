"""Moves what earlier versions kept in partitions of other tables into the tables it has now.

Until 0.2.0, counters, jobs and idempotency keys were partitions of `settings`, and identities were entries of
`user_emails`. Each item is moved in one transaction, so this can be stopped at any moment and run again.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from models import job, setting, transaction
from models.counter import Counter
from models.idempotency_key import IdempotencyKey
from models.identity import Identity, identity_key
from models.job import Job
from models.setting import Setting
from models.store_errors import VersionMoved, translated
from models.times import from_text
from models.transaction import Delete, Put, Update
from models.user import UserEmail

COUNTER = "counter"
ERASED, ERASURE = "erased", "erasure"
KEY_PARTITIONS = tuple(f"once#{digit}" for digit in "0123456789abcdef")
# The blank is in no address, so that nobody could take an identity by giving it as their address.
IDENTITY = "identity "
# Written last: later calls need not look through all addresses again.
DONE = ("layout", "tables-of-their-own")


def is_pending() -> bool:
    """Tell whether numbers would be given out twice, because the counters have not moved yet."""
    with translated():
        return any(Setting.query(COUNTER, consistent_read=True, limit=1))


def migrate(*, now: datetime) -> dict[str, int]:
    """Move what is left in the old places; returns how many items went into which table.

    Idempotency keys that have expired are dropped. No process of an earlier version may run meanwhile.
    """
    if setting.find(*DONE) is not None:
        return {}
    moved = {
        "counters": sum(map(_move_counter, _old(COUNTER))),
        # A job that was finished before a crash stands in both partitions: finished is what counts.
        "jobs": sum(_move(_job(item, done=True), item) for item in _old(ERASED))
        + sum(_move(_job(item, done=False), item) for item in _old(ERASURE)),
        "identities": sum(_move_identity(claim) for claim in _old_identities()),
        "idempotency_keys": sum(
            _move_key(item, now) for partition in KEY_PARTITIONS for item in _old(partition)
        ),
    }
    with translated():
        Setting(kind=DONE[0], id=DONE[1]).save()
    return {table: number for table, number in moved.items() if number}


def _old(kind: str) -> list[Setting]:
    return setting.of_kind(kind)


def _old_identities() -> Iterator[UserEmail]:
    with translated():
        yield from UserEmail.scan(UserEmail.email.startswith(IDENTITY), consistent_read=True)


def _move(new: Put, old: Setting | UserEmail) -> bool:
    """Move one item; where the new place is taken, that is newer and the old item is dropped."""
    try:
        transaction.write(new, Delete(old))
    except VersionMoved:
        transaction.write(Delete(old))
        return False
    return True


def _move_counter(old: Setting) -> bool:
    number = int(old.number or 0)
    behind = Counter.name.does_not_exist() | (Counter.number < number)
    advance = Update(Counter(name=old.id), [Counter.number.set(number)], behind)
    try:
        transaction.write(advance, Delete(old))
    except VersionMoved:
        transaction.write(Delete(old))
        return False
    return True


def _job(old: Setting, *, done: bool) -> Put:
    value: dict[str, Any] = old.value
    item = job.new(
        ERASURE,
        old.id,
        version=int(old.version),
        value=value,
        started_at=from_text(value["asked_at"]),
        done=done,
    )
    return Put(item, Job.job_id.does_not_exist())


def _move_identity(old: UserEmail) -> bool:
    key = identity_key(old.email.removeprefix(IDENTITY))
    return _move(Put(Identity(identity=key, user_id=old.user_id), Identity.identity.does_not_exist()), old)


def _move_key(old: Setting, now: datetime) -> bool:
    if old.expires_at is None or old.expires_at <= now:
        transaction.write(Delete(old))
        return False
    item = IdempotencyKey(key=old.id, value=old.value, expires_at=old.expires_at)
    return _move(Put(item, IdempotencyKey.key.does_not_exist()), old)
