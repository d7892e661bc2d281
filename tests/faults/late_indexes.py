"""Indexes that lag behind their tables, as on AWS, in front of an engine whose indexes never do.

Beside each table with an index stands a copy that every write reaches late: a thread takes what was written
`lag` seconds ago, reads it from the table and puts it into the copy. An index query that is
sent to the copy gets a result that was true at some moment within the last `lag` seconds, item by item: new items
are missing, changed ones appear as they were. Reads of the table itself always go to the table.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Key = dict[str, Any]
Call = Callable[[str, Mapping[str, Any]], dict[str, Any]]
SUFFIX = ".late"
WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"}


class LateIndexes:
    """The late copies of tables with indexes; a copy starts with its table's first write or query."""

    def __init__(self, call: Call, lag: float) -> None:
        """Take a function that calls the engine, and the seconds after which a write reaches the copy."""
        self._call, self.lag = call, lag
        self._keys: dict[str, tuple[str, ...]] = {}
        self._pending: dict[str, dict[str, Key]] = {}
        self._lock = threading.Lock()
        self._copying, self._beginning = threading.Lock(), threading.Lock()
        self._closing = threading.Event()
        self._follower: threading.Thread | None = None

    @property
    def active(self) -> bool:
        """Tell whether writes are followed."""
        return self._follower is not None

    def start(self) -> None:
        """Follow writes from now on."""
        if self._follower is None:
            self._follower = threading.Thread(target=self._follow, daemon=True)
            self._follower.start()

    def note(self, operation: str, body: bytes) -> None:
        """Remember what a request wrote."""
        if not self.active or operation not in WRITES:
            return
        for table, item in _written(operation, json.loads(body)):
            names = self._known(table)
            if names:
                key = {name: item[name] for name in names}
                with self._lock:
                    self._pending.setdefault(table, {})[json.dumps(key, sort_keys=True)] = key

    def redirected(self, body: bytes) -> bytes:
        """Redirect an index query to the index of the copy."""
        asked = json.loads(body)
        if not self.active or "IndexName" not in asked or not self._known(asked["TableName"]):
            return body
        return json.dumps({**asked, "TableName": asked["TableName"] + SUFFIX}).encode()

    def settle(self) -> None:
        """Bring every copy up to date now."""
        with self._copying:
            with self._lock:
                taken, self._pending = self._pending, {}
            for table, keys in taken.items():
                self._copy(table, list(keys.values()))

    def close(self) -> None:
        """Stop following and drop the copies."""
        self._closing.set()
        if self._follower is not None:
            self._follower.join()
            self._follower = None
        for table in [table for table, names in self._keys.items() if names]:
            self._call("DeleteTable", {"TableName": table + SUFFIX})
        self._keys.clear()

    def _follow(self) -> None:
        # Everything written meanwhile is copied together: nothing is later than `lag`, most is sooner.
        while not self._closing.wait(self.lag):
            self.settle()

    def _known(self, table: str) -> tuple[str, ...]:
        """Return the names of a table's keys when it has a copy, nothing when it has no index."""
        if table.endswith(SUFFIX):
            return ()
        with self._beginning:
            if table not in self._keys:
                self._keys[table] = self._begin(table)
            return self._keys[table]

    def _begin(self, table: str) -> tuple[str, ...]:
        described = self._call("DescribeTable", {"TableName": table})["Table"]
        indexes = described.get("GlobalSecondaryIndexes")
        if not indexes:
            return ()
        self._call(
            "CreateTable",
            {
                "TableName": table + SUFFIX,
                "KeySchema": described["KeySchema"],
                "AttributeDefinitions": described["AttributeDefinitions"],
                "BillingMode": "PAY_PER_REQUEST",
                "GlobalSecondaryIndexes": [
                    {name: index[name] for name in ("IndexName", "KeySchema", "Projection")}
                    for index in indexes
                ],
            },
        )
        for items in self._everything(table):
            self._put(table, [{"PutRequest": {"Item": item}} for item in items])
        return tuple(part["AttributeName"] for part in described["KeySchema"])

    def _everything(self, table: str) -> Iterator[list[Key]]:
        scan: dict[str, Any] = {"TableName": table, "ConsistentRead": True}
        while True:
            page = self._call("Scan", scan)
            yield page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            scan["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _copy(self, table: str, keys: Sequence[Key]) -> None:
        names = self._keys[table]
        for some in _parts(keys, 100):
            asked = {table: {"Keys": list(some), "ConsistentRead": True}}
            response = self._call("BatchGetItem", {"RequestItems": asked})
            assert not response.get("UnprocessedKeys")
            items = response["Responses"].get(table, [])
            there = [{name: item[name] for name in names} for item in items]
            puts = [{"PutRequest": {"Item": item}} for item in items]
            self._put(table, puts + [{"DeleteRequest": {"Key": key}} for key in some if key not in there])

    def _put(self, table: str, requests: Sequence[Mapping[str, Any]]) -> None:
        for some in _parts(requests, 25):
            self._call("BatchWriteItem", {"RequestItems": {table + SUFFIX: list(some)}})


def _written(operation: str, body: Mapping[str, Any]) -> Iterator[tuple[str, Key]]:
    """Yield the items a request writes: (table, an item or key that holds the table's keys)."""
    if operation == "TransactWriteItems":
        for part in body["TransactItems"]:
            for kind in part.keys() & {"Put", "Update", "Delete"}:
                yield part[kind]["TableName"], part[kind].get("Item") or part[kind]["Key"]
    elif operation == "BatchWriteItem":
        for table, requests in body["RequestItems"].items():
            for request in requests:
                (write,) = request.values()
                yield table, write.get("Item") or write["Key"]
    else:
        yield body["TableName"], body.get("Item") or body["Key"]


def _parts(all_of_them: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(all_of_them), size):
        yield all_of_them[start : start + size]
