"""Reading one item and changing some of its attributes, as every table does it."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pynamodb.expressions.update import Action

from dynamodb_client import LeanModel
from models.keys import storable
from models.store_errors import translated

M = TypeVar("M", bound=LeanModel)


def find(model: type[M], hash_key: str, range_key: str | None = None) -> M | None:
    """Read one item with strong consistency; None when there is none, or its key could not be stored."""
    if not storable(hash_key, *([] if range_key is None else [range_key])):
        return None
    with translated():
        try:
            return model.get(hash_key, range_key, consistent_read=True)
        except model.DoesNotExist:
            return None


def changes(model: type[LeanModel], values: Mapping[str, Any]) -> list[Action]:
    """Build the actions that set attributes, and remove those that become None."""
    attributes = {name: getattr(model, name) for name in values}
    return [
        attributes[name].remove() if value is None else attributes[name].set(value)
        for name, value in values.items()
    ]
