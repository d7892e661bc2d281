"""What requests to the engine consume, by table and index, as the engine itself counts it."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dynamodb_client import client

READS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"})


class Tally:
    """Capacity units by `table` or `table/index`, and the number of requests."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.clear()

    def clear(self) -> None:
        """Reset all counts to zero."""
        self.read: Counter[str] = Counter()
        self.written: Counter[str] = Counter()
        self.requests = 0

    def take(self, operation: str, response: dict[str, Any]) -> None:
        """Add the consumption that a response reports."""
        self.requests += 1
        reported = response.get("ConsumedCapacity") or []
        counted = self.read if operation in READS else self.written
        for part in [reported] if isinstance(reported, dict) else reported:
            table = part["TableName"].removeprefix(self._prefix)
            counted[table] += part["Table"]["CapacityUnits"]
            for index, used in part.get("GlobalSecondaryIndexes", {}).items():
                counted[f"{table}/{index}"] += used["CapacityUnits"]


@contextmanager
def tallied(prefix: str) -> Iterator[Tally]:
    """Count what this process's requests consume, whether or not they ask for it themselves."""
    tally = Tally(prefix)

    def ask(params: dict[str, Any], **_: Any) -> None:
        body = json.loads(params["body"])
        params["body"] = json.dumps(body | {"ReturnConsumedCapacity": "INDEXES"}).encode()

    def take(parsed: dict[str, Any], model: Any, **_: Any) -> None:
        tally.take(model.name, parsed)

    events = client().meta.events
    events.register("before-call.dynamodb", ask)
    events.register("after-call.dynamodb", take)
    try:
        yield tally
    finally:
        events.unregister("before-call.dynamodb", ask)
        events.unregister("after-call.dynamodb", take)
