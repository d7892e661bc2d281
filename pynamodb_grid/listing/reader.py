"""The only place that talks to DynamoDB; counts what every call evaluated and consumed."""

from collections.abc import Collection, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pynamodb_grid.listing.bounds import Bounds
from pynamodb_grid.listing.listing_errors import BadRequest, Unavailable
from pynamodb_grid.listing.request import Op
from pynamodb_grid.listing.schema import Item, KeySchema, Raw, Schema
from pynamodb_grid.listing.terms import Term

_FORMS = {
    Op.EQ: "{n} = {v}",
    Op.NE: "{n} <> {v}",
    Op.GT: "{n} > {v}",
    Op.GE: "{n} >= {v}",
    Op.LT: "{n} < {v}",
    Op.LE: "{n} <= {v}",
    Op.IN: "{n} IN ({v})",
    Op.NOT_IN: "(NOT {n} IN ({v}))",
    Op.BETWEEN: "({n} BETWEEN {v})",
    Op.BEGINS: "begins_with({n}, {v})",
    Op.CONTAINS: "contains({n}, {v})",
    Op.EXISTS: "attribute_exists({n})",
    Op.MISSING: "attribute_not_exists({n})",
}
_BATCH = 100  # BatchGetItem's limit
_REFUSED = frozenset({"ValidationException", "SerializationException"})


class Reader:
    """Reads one list for one request; scanned is in items, consumed in read units."""

    def __init__(
        self, schema: Schema, attributes: frozenset[str] | None, filters: Sequence[Term] = ()
    ) -> None:
        """Prepare filter and projection once; attributes are DynamoDB names, None reads whole items."""
        self._schema = schema
        self._attributes = attributes
        self.scanned, self.consumed = 0, 0.0
        self._names: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        self._filter = " AND ".join(self._write(term) for term in filters)
        self._filtered = dict(self._names)

    def also(self, attributes: Collection[str]) -> None:
        """Read more attributes than was said at first."""
        if self._attributes is not None:
            self._attributes = self._attributes.union(attributes)

    def query(
        self,
        keys: KeySchema,
        hash_raw: Raw,
        bounds: Bounds,
        *,
        start: Item | None,
        forward: bool,
        limit: int,
        consistent: bool = False,
    ) -> tuple[list[Item], Item | None]:
        """Reads up to limit items of one partition, and where to continue (None at the end)."""
        names = {**self._filtered, "#h": keys.hash_name}
        values = {**self._values, ":h": hash_raw}
        condition = "#h = :h"
        if keys.range_name and (ranged := bounds.expression("#r", values)):
            names["#r"] = keys.range_name
            condition += " AND " + ranged
        request = self._request(names, keys.projected)
        request.update(
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ScanIndexForward=forward,
            Limit=limit,
        )
        if keys.index:
            request["IndexName"] = keys.index
        elif consistent:
            request["ConsistentRead"] = True
        return self._read("Query", request, start)

    def scan(self, start: Item | None, limit: int, consistent: bool) -> tuple[list[Item], Item | None]:
        """Reads up to limit items of a table declared small."""
        request = self._request(dict(self._filtered), None)
        request["Limit"] = limit
        if self._values:
            request["ExpressionAttributeValues"] = dict(self._values)
        if consistent:
            request["ConsistentRead"] = True
        return self._read("Scan", request, start)

    def fetch(self, keys: Sequence[Item]) -> list[Item | None]:
        """Gets items by table key, in the given order; None stands for one that no longer exists."""
        items_by_key: dict[tuple[str, ...], Item] = {}
        for at in range(0, len(keys), _BATCH):
            keys_left = list(keys[at : at + _BATCH])
            while keys_left:
                keys_left = self._fetch_some(keys_left, items_by_key)
        return [items_by_key.get(self._schema.pk_of(key)) for key in keys]

    def _fetch_some(self, keys_left: list[Item], items_by_key: dict[tuple[str, ...], Item]) -> list[Item]:
        table = self._schema.table
        names: dict[str, str] = {}
        ask: dict[str, Any] = {"Keys": keys_left}
        if self._attributes is not None:
            ask["ProjectionExpression"] = self._project(names, self._attributes)
            ask["ExpressionAttributeNames"] = names
        reply = self._dispatch("BatchGetItem", {"RequestItems": {table: ask}})
        items = reply.get("Responses", {}).get(table, [])
        items_by_key.update((self._schema.pk_of(item), item) for item in items)
        self.scanned += len(items)
        for used in reply.get("ConsumedCapacity") or ():
            self.consumed += float(used.get("CapacityUnits", 0))
        left: list[Item] = reply.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
        if len(left) == len(keys_left):
            raise Unavailable("The database is too busy to answer. Try again in a moment.")
        return left

    def _request(self, names: dict[str, str], projected: frozenset[str] | None) -> dict[str, Any]:
        request: dict[str, Any] = {"TableName": self._schema.table}
        if self._filter:
            request["FilterExpression"] = self._filter
        if self._attributes is not None and not (projected is not None and projected <= self._attributes):
            names_wanted = self._attributes if projected is None else self._attributes & projected
            request["ProjectionExpression"] = self._project(names, names_wanted)
        if names:
            request["ExpressionAttributeNames"] = names
        return request

    def _read(
        self, operation: str, request: dict[str, Any], start: Item | None
    ) -> tuple[list[Item], Item | None]:
        if start is not None:
            request["ExclusiveStartKey"] = start
        reply = self._dispatch(operation, request)
        self.scanned += int(reply.get("ScannedCount", 0))
        self.consumed += float((reply.get("ConsumedCapacity") or {}).get("CapacityUnits", 0))
        return reply.get("Items", []), reply.get("LastEvaluatedKey") or None

    def _dispatch(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        connection = self._schema.model._get_connection().connection
        try:
            reply: dict[str, Any] = connection.dispatch(operation, request)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _REFUSED:
                raise BadRequest("The database cannot use these conditions.") from error
            raise Unavailable("The database did not answer. Try again in a moment.") from error
        except BotoCoreError as error:
            raise Unavailable("The database did not answer. Try again in a moment.") from error
        return reply

    def _write(self, term: Term) -> str:
        """Writes one term as a filter expression with its own placeholders."""
        name = f"#f{len(self._names)}"
        self._names[name] = self._schema.attr_name(term.field)
        marks = [f":f{len(self._values) + at}" for at in range(len(term.raws))]
        self._values.update(zip(marks, term.raws, strict=True))
        joint = " AND " if term.op is Op.BETWEEN else ", "
        return _FORMS[term.op].format(n=name, v=joint.join(marks))

    @staticmethod
    def _project(names: dict[str, str], attributes: frozenset[str]) -> str:
        marks = []
        for number, attribute in enumerate(sorted(attributes)):
            marks.append(f"#p{number}")
            names[marks[-1]] = attribute
        return ", ".join(marks)
