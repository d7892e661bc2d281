"""A transaction carries a client request token unless its caller wants none."""

import json
import uuid

import pytest

from dynamodb_client import ConnectionOptions, client, connect
from models import transaction
from models.setting import Setting
from models.transaction import Put
from tests.dynamodb_client.faulty_server import FaultyServer


@pytest.fixture(autouse=True, params=[True, False], ids=["fast", "stock"])
def _connected(server: FaultyServer, request: pytest.FixtureRequest) -> None:
    connect([Setting], ConnectionOptions("eu-west-1", server.url, "", fast_client=request.param))


def sent(server: FaultyServer) -> dict[str, object]:
    return dict(json.loads(server.requests[-1][1]))


def test_botocore_invents_one(server: FaultyServer) -> None:
    transaction.write(Put(Setting(kind="k", id="a")))
    assert uuid.UUID(str(sent(server)["ClientRequestToken"]))


def test_none_is_sent(server: FaultyServer) -> None:
    transaction.write(Put(Setting(kind="k", id="a")), token=False)
    assert "ClientRequestToken" not in sent(server)


def test_a_token_of_the_callers_own_stays(server: FaultyServer) -> None:
    client().transact_write_items(TransactItems=[], ClientRequestToken="mine")
    assert sent(server)["ClientRequestToken"] == "mine"
