"""One client serves all models, may be rewired, and is never shared with a forked process."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.transactions import TransactGet, TransactWrite

from dynamodb_client import (
    ConnectionOptions,
    LeanModel,
    NotConnectedError,
    client,
    connect,
    connection,
    consumed,
    disconnect,
    serialize,
)
from tests.dynamodb_client.faulty_server import FaultyServer, reply


class ByColour(GlobalSecondaryIndex["Car"]):
    class Meta:
        index_name = "by_colour"
        projection = AllProjection()

    colour = UnicodeAttribute(hash_key=True)
    number = NumberAttribute(range_key=True)


class Car(LeanModel):
    class Meta:
        table_name = "cars"

    number = NumberAttribute(hash_key=True)
    colour = UnicodeAttribute()
    by_colour = ByColour()


class Garage(LeanModel):
    class Meta:
        table_name = "garages"

    name = UnicodeAttribute(hash_key=True)


MODELS: list[type[LeanModel]] = [Car, Garage]


def use(options: ConnectionOptions) -> None:
    connect(MODELS, options)
    for model in MODELS:
        model.create_table(billing_mode="PAY_PER_REQUEST", wait=True)


@pytest.fixture
def _in_moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from moto import mock_aws

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        use(ConnectionOptions("eu-west-1", None, "moto-"))
        yield


@pytest.fixture
def _in_engine(engine: Any) -> Iterator[None]:
    use(ConnectionOptions("eu-west-1", engine.endpoint, "shared-"))
    yield
    use(ConnectionOptions("eu-west-1", engine.endpoint, "shared-"))
    for model in MODELS:
        model.delete_table()


@pytest.fixture(params=["moto", "engine"])
def _anywhere(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(f"_in_{request.param}")


@pytest.mark.usefixtures("_anywhere")
def test_everything_works() -> None:
    client().list_tables(Limit=1)
    Car(1, colour="red").save()
    with TransactWrite(connection=connection()) as transaction:
        transaction.save(Car(2, colour="red"))
        transaction.save(Garage("north"))
    with Car.batch_write() as batch:
        batch.save(Car(3, colour="blue"))
    client().put_item(TableName=Car.Meta.table_name, Item=serialize(Car(4, colour="red")))
    with TransactGet(connection=connection()) as reading:
        car, garage = reading.get(Car, 4), reading.get(Garage, "north")
    assert (car.get().colour, garage.get().name) == ("red", "north")
    assert [car.number for car in Car.by_colour.query("red", scan_index_forward=False)] == [4, 2, 1]
    assert {car.number for car in Car.batch_get([1, 3, 9])} == {1, 3}
    Car.get(1).update(actions=[Car.colour.set("green")])
    assert Car.get(1).colour == "green"
    with pytest.raises(Car.DoesNotExist):
        Car.get(9)
    with pytest.raises(PutError) as refused:
        Car(1, colour="red").save(condition=Car.number.does_not_exist())
    assert refused.value.cause_response_code == "ConditionalCheckFailedException"


@pytest.mark.usefixtures("_in_engine")
def test_capacity_is_counted_where_asked() -> None:
    Car(1, colour="red").save()
    with consumed() as outer:
        Car.get(1, consistent_read=True)
        with consumed() as inner, TransactWrite(connection=connection()) as transaction:
            transaction.save(Garage("south"))
            transaction.save(Car(5, colour="red"))
    Car.get(1)
    assert (outer.requests, inner.requests) == (2, 1)
    assert outer.units == inner.units + 1
    assert inner.units >= 4


# From Python 3.12 on, forking a process with threads is warned of; here the others only listen.
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.usefixtures("_in_engine")
def test_a_child_process_builds_its_own_client(engine: Any) -> None:
    Car(7, colour="red").save()
    mine = client()
    child = os.fork()
    if child == 0:
        # Nothing of the test runner may run here: say by the exit code how it went.
        same = client() is mine
        os._exit(1 if same or Car.get(7).colour != "red" else 0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert client() is mine
    assert Car.get(7).colour == "red"


def test_all_models_share_one_client(server: FaultyServer) -> None:
    connect(MODELS, ConnectionOptions("eu-west-1", server.url, "p-"))
    clients = {id(model._get_connection().connection.client) for model in MODELS} | {id(client())}
    assert len(clients) == 1
    assert Car.by_colour._model is Car


def test_connecting_again_rewires(server: FaultyServer) -> None:
    connect(MODELS, ConnectionOptions("eu-west-1", "http://127.0.0.1:9", "old-"))
    old = client()
    connect(MODELS, ConnectionOptions("eu-central-1", server.url, "new-"))
    assert client() is not old
    assert (Car.Meta.table_name, Car.Meta.region, Car.Meta.host) == ("new-cars", "eu-central-1", server.url)
    server.respond_with(reply(200, {"Items": [], "Count": 0, "ScannedCount": 0}))
    assert list(Car.by_colour.query("red")) == []
    headers, body = server.requests[0]
    assert b'"new-cars"' in body
    assert b'"by_colour"' in body
    assert "/eu-central-1/dynamodb/" in headers["authorization"]


def test_nothing_is_opened_before_it_is_needed(server: FaultyServer) -> None:
    connect(MODELS, ConnectionOptions("eu-west-1", server.url, ""))
    assert connection()._built is None
    client().list_tables(Limit=1)
    assert (server.connections, len(server.requests)) == (1, 1)
    disconnect()


def test_unconnected_models_say_so(server: FaultyServer) -> None:
    class Stray(LeanModel):
        class Meta:
            table_name = "strays"

        key = UnicodeAttribute(hash_key=True)

    connect(MODELS, ConnectionOptions("eu-west-1", server.url, ""))
    with pytest.raises(NotConnectedError, match="Stray"):
        Stray.get("a")
    disconnect()
    with pytest.raises(NotConnectedError):
        Car.get(1)
    for use_of in (client, connection):
        with pytest.raises(NotConnectedError):
            use_of()


def test_credentials_that_come_late_are_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    connect(MODELS, ConnectionOptions("eu-west-1", None, ""))
    assert client()._request_signer._credentials is None
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "late")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert client()._request_signer._credentials.access_key == "late"
    assert client() is client()


def test_a_proxy_of_the_environment_is_not_for_an_engine(
    server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    connect(MODELS, ConnectionOptions("eu-west-1", server.url, ""))
    client().list_tables(Limit=1)
    assert len(server.requests) == 1


def test_credentials_of_the_environment_do_not_reach_an_engine(
    server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "REAL")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    connect(MODELS, ConnectionOptions("eu-west-1", server.url, ""))
    client().list_tables(Limit=1)
    headers: dict[str, Any] = server.requests[0][0]
    assert "Credential=local/" in headers["authorization"]
