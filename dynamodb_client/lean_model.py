"""The base class of all tables: items are read and written by a plan compiled once per class."""

from typing import Any, Self

from pynamodb.connection.table import TableConnection
from pynamodb.models import Model

from dynamodb_client.plan import Plan


class NotConnectedError(RuntimeError):
    """A table was used before connect() named it."""


class LeanModel(Model):
    """A PynamoDB model that shares the process's one client and reads and writes items by a compiled plan."""

    @classmethod
    def _get_connection(cls) -> TableConnection:
        if cls._connection is None:
            raise NotConnectedError(f"{cls.__name__} is not connected: name it in connect()")
        return cls._connection

    @classmethod
    def from_raw_data(cls, data: dict[str, Any]) -> Self:
        """Build an instance from a raw attribute map; the same instance as stock's, faster."""
        plan = _plans.get(cls) or _compile(cls)
        if not plan.reads:
            return super().from_raw_data(data)
        if data is None:
            raise ValueError("Received no data to construct object")
        instance = cls.__new__(cls)
        plan.fill(instance, data)
        return instance

    def serialize(self, null_check: bool = True) -> dict[str, dict[str, Any]]:
        """Turn this instance into a raw attribute map; the same map as stock's, faster."""
        plan = _plans.get(type(self)) or _compile(type(self))
        if not plan.writes:
            return super().serialize(null_check=null_check)
        return plan.write(self, null_check)


# Compiled on first use: PynamoDB completes a class's attributes only after its creation.
_plans: dict[type[LeanModel], Plan] = {}


def _compile(model: type[LeanModel]) -> Plan:
    return _plans.setdefault(model, Plan(model))


def serialize(model: LeanModel) -> dict[str, dict[str, Any]]:
    """Turn an instance into the raw attribute map that client() takes; checks for missing attributes."""
    return model.serialize()
