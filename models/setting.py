"""Small versioned items by kind: teams, categories, counters, external references, write-once keys."""

from typing import Any

from pynamodb.attributes import NumberAttribute, TTLAttribute, UnicodeAttribute

from models.connection import Json, LeanModel
from models.errors import translated


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
    with translated():
        try:
            return Setting.get(kind, id_, consistent_read=True)
        except Setting.DoesNotExist:
            return None


def next_number(counter: str, by: int = 1) -> int:
    """Advance a counter atomically and return its new value; a number is never given out twice."""
    item = Setting(kind="counter", id=counter)
    with translated():
        item.update(actions=[Setting.number.add(by)])
    return int(item.number)


def put(item: Setting, *, seen: int) -> None:
    """Write an item that was at version `seen` (0: new); raises VersionMoved."""
    with translated():
        item.save(condition=(Setting.version == seen) if seen else Setting.id.does_not_exist())
