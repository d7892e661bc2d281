"""The private names of botocore and PynamoDB that README.md lists exist and mean what the client assumes."""

from typing import Any

import pytest
from botocore.endpoint import Endpoint
from botocore.serialize import JSONSerializer
from pynamodb.connection import Connection
from pynamodb.connection.table import TableConnection
from pynamodb.models import Model

from dynamodb_client import ConnectionOptions
from dynamodb_client.client_factory import build_client

ENDPOINT = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def stock() -> Any:
    return build_client(ConnectionOptions("eu-west-1", ENDPOINT, "", fast_client=False))


@pytest.fixture(scope="module")
def fast() -> Any:
    return build_client(ConnectionOptions("eu-west-1", ENDPOINT, "", fast_client=True))


def test_a_client_serializes_with_the_attribute_that_is_replaced(stock: Any) -> None:
    assert isinstance(stock._serializer, JSONSerializer)


def test_endpoints_are_resolved_by_the_attribute_that_is_emptied(stock: Any, fast: Any) -> None:
    assert stock._ruleset_resolver is not None
    assert fast._ruleset_resolver is None
    for client in (stock, fast):
        operation = client.meta.service_model.operation_model("GetItem")
        assert client._resolve_endpoint_ruleset(operation, {"TableName": "t"}, {})[0] == ENDPOINT


def test_a_client_knows_its_credentials(stock: Any) -> None:
    assert stock._request_signer._credentials.access_key == "local"


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (Endpoint, "create_request"),
        (Endpoint, "_get_response"),
        (Endpoint, "_needs_retry"),
        (Endpoint, "_update_retries_context"),
        (Endpoint, "_add_modeled_error_fields"),
        (Model, "_connection"),
        (Model, "_get_connection"),
    ],
)
def test_the_name_is_there(owner: Any, name: str) -> None:
    assert hasattr(owner, name)


def test_an_endpoint_is_made_of_what_the_direct_one_takes_over(stock: Any) -> None:
    names = ("host", "_endpoint_prefix", "_event_emitter", "_response_parser_factory", "http_session")
    assert set(names) < vars(stock._endpoint).keys()


def test_a_table_asks_the_connection_that_is_replaced() -> None:
    table = TableConnection("t", region="eu-west-1", host=ENDPOINT)
    assert isinstance(table.connection, Connection)
    assert isinstance(Connection.client, property)
