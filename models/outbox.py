"""What must leave the house because of a change: written in its transaction, delivered by the worker."""

from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from models.connection import Json, LeanModel


class Outbox(LeanModel):
    """One delivery that is due; `due_key` is the due time with an id, so that the soonest come first."""

    class Meta:
        table_name = "outbox"

    shard = UnicodeAttribute(hash_key=True)
    due_key = UnicodeAttribute(range_key=True)
    kind = UnicodeAttribute()
    payload = Json[dict[str, Any]]()
    attempts = NumberAttribute(default=0)
