"""Small versioned items by kind: teams, categories, organizations, references of imports."""

from collections.abc import Iterable
from typing import Any

from pynamodb.attributes import NumberAttribute, TTLAttribute, UnicodeAttribute

from dynamodb_client import Json, LeanModel
from models import items, transaction
from models.store_errors import translated
from models.transaction import Also, Put


class Setting(LeanModel):
    """One item of one kind."""

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
    return items.find(Setting, kind, id_)


def find_many(keys: Iterable[tuple[str, str]]) -> list[Setting]:
    """Read several items (kind, id) at once with strong consistency; those that do not exist are left out."""
    with translated():
        return list(Setting.batch_get(list(keys), consistent_read=True))


def first(item: Setting) -> Put:
    """Write the first version of an item along with something else, unless there is one already."""
    return Put(item, Setting.id.does_not_exist())


def following(item: Setting, before: dict[str, Any]) -> Put:
    """Write an item along with something else, if it still has the value `before`."""
    return Put(item, Setting.value == before)


def put(item: Setting, *, expected_version: int, also: Also = ()) -> None:
    """Write an item that was at version `expected_version` (0: new), and what goes along; raises VersionMoved."""
    unmoved = Setting.version == expected_version if expected_version else Setting.id.does_not_exist()
    transaction.put_version(item, unmoved, also, lambda: find(item.kind, item.id))
