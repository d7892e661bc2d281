"""Small versioned items by kind: teams, categories, counters, external references, write-once keys."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from pynamodb.attributes import NumberAttribute, TTLAttribute, UnicodeAttribute
from pynamodb.transactions import TransactWrite

from dynamodb_client import Json, LeanModel, connection
from models import transaction
from models.errors import VersionMoved, translated
from models.keys import storable


class Setting(LeanModel):
    """One item of one kind; `number` is the value of a counter."""

    class Meta:
        table_name = "settings"

    kind = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    version = NumberAttribute(default=1)
    value = Json[dict[str, Any]](default=dict)
    number = NumberAttribute(null=True)
    expires_at = TTLAttribute(null=True)


def of_kind(kind: str) -> list[Setting]:
    """List all items of a kind, by id."""
    with translated():
        return list(Setting.query(kind, consistent_read=True))


def find(kind: str, id_: str) -> Setting | None:
    """Read one item with strong consistency; None when there is none."""
    if not storable(kind, id_):
        return None
    with translated():
        try:
            return Setting.get(kind, id_, consistent_read=True)
        except Setting.DoesNotExist:
            return None


def find_many(keys: Iterable[tuple[str, str]]) -> list[Setting]:
    """Read several items (kind, id) at once with strong consistency; those that do not exist are left out."""
    with translated():
        return list(Setting.batch_get(list(keys), consistent_read=True))


def next_number(counter: str, by: int = 1) -> int:
    """Advance a counter atomically and return its new value; a number is never given out twice."""
    item = Setting(kind="counter", id=counter)
    with translated():
        item.update(actions=[Setting.number.add(by)])
    return int(item.number)


def reserve(counter: str, by: int, note: Callable[[int], Setting]) -> int:
    """Advance a counter and put down who has the numbers, in one transaction; returns the first of them.

    Raises Cancelled when the counter moved meanwhile: nothing was written, trying again is safe.
    """
    item = find("counter", counter)
    last = int(item.number or 0) if item is not None else 0
    unmoved = Setting.id.does_not_exist() if item is None else Setting.number == last
    with translated(), TransactWrite(connection=connection()) as transaction:
        transaction.update(
            Setting(kind="counter", id=counter),
            actions=[Setting.number.set(last + by)],
            condition=unmoved,
        )
        transaction.save(note(last + 1))
    return last + 1


def put(item: Setting, *, expected_version: int, also: Sequence[LeanModel] = ()) -> None:
    """Write an item that was at version `expected_version` (0: new), and what goes with it; raises VersionMoved."""
    try:
        transaction.save(
            item,
            (Setting.version == expected_version) if expected_version else Setting.id.does_not_exist(),
            also,
        )
    except VersionMoved:
        # After a lost answer the client asks again and meets its own write.
        stored = find(item.kind, item.id)
        if stored is None or stored.serialize() != item.serialize():
            raise


def drop(kind: str, id_: str) -> None:
    """Delete an item; one that is gone is fine."""
    with translated():
        Setting(kind=kind, id=id_).delete()


def sweep_expired(kind: str, now: datetime) -> int:
    """Delete the expired items of a kind, for engines that do not expire items themselves."""
    with translated():
        expired = list(Setting.query(kind, filter_condition=Setting.expires_at < now))
        with Setting.batch_write() as batch:
            for item in expired:
                batch.delete(item)
    return len(expired)
