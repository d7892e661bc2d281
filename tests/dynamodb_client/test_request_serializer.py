"""Requests written with orjson are those that botocore writes."""

import json
from decimal import Decimal
from typing import Any

import pytest

from dynamodb_client import ConnectionOptions
from dynamodb_client.client_factory import build_client
from dynamodb_client.request_serializer import RequestSerializer

KEY = {"id": {"S": "grüße"}}
ITEM = {
    **KEY,
    "n": {"N": "1"},
    "l": {"L": [{"S": "x"}, {"M": {"deep": {"BOOL": True}}}]},
    "z": {"NULL": True},
}
OPERATIONS: list[tuple[str, dict[str, Any]]] = [
    ("GetItem", {"TableName": "t", "Key": KEY, "ConsistentRead": True}),
    ("PutItem", {"TableName": "t", "Item": ITEM, "ReturnConsumedCapacity": "TOTAL"}),
    ("Query", {"TableName": "t", "Limit": 5, "ExpressionAttributeValues": {":a": {"SS": ["x", "y"]}}}),
    ("BatchGetItem", {"RequestItems": {"t": {"Keys": [KEY], "ConsistentRead": False}}}),
    ("TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "t", "Item": ITEM}}]}),
    ("ListTables", {}),
    ("PutItem", {"TableName": "t", "Item": {**KEY, "b": {"B": b"\x00\xff"}, "s": {"BS": [b"a", b"b"]}}}),
    ("GetItem", {"TableName": "t", "Key": {"id": {"S": "lone \ud800 surrogate"}}}),
    ("UpdateTimeToLive", {"TableName": "t", "TimeToLiveSpecification": {"Enabled": True}}),
    ("Query", {"TableName": "t", "ExclusiveStartKey": {"id": {"S": "a"}, "n": {"N": "-1.5E3"}}}),
]


@pytest.fixture(scope="module")
def client() -> Any:
    return build_client(ConnectionOptions("eu-west-1", "http://127.0.0.1:9", "", fast_client=True))


@pytest.mark.parametrize(("name", "parameters"), OPERATIONS)
def test_same_as_stock(name: str, parameters: dict[str, Any], client: Any) -> None:
    serializer, operation = client._serializer, client.meta.service_model.operation_model(name)
    assert isinstance(serializer, RequestSerializer)
    fast = serializer.serialize_to_request(parameters, operation)
    stock = serializer._stock.serialize_to_request(parameters, operation)
    assert json.loads(fast.pop("body")) == json.loads(stock.pop("body"))
    assert fast == stock


def test_what_stock_refuses_is_refused(client: Any) -> None:
    operation = client.meta.service_model.operation_model("GetItem")
    with pytest.raises(TypeError):
        client._serializer.serialize_to_request(
            {"TableName": "t", "Key": {"n": {"N": Decimal(1)}}}, operation
        )
