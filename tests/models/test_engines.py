"""What the product relies on is the same on each engine; where engines differ is written down and checked.

The differences are those of docs/engines.md. A test that fails here on a newer engine asks to change it.
"""

import uuid

import pytest
from botocore.exceptions import ClientError

import models
from dynamodb_client import connection as connection_of
from tests import engines

BIG = "x" * 300_000
TOO_BIG = "x" * 420_000


class Engine:
    """The tables of the module by their bare names, asked without the models."""

    def __init__(self, prefix):
        self._prefix = prefix

    def __call__(self, operation, table=None, **parameters):
        """Ask for an operation; returns its answer, or its error's code where it is refused."""
        named = {"TableName": self._prefix + table} if table else {}
        try:
            return getattr(connection_of().client, operation)(**named, **parameters)
        except ClientError as error:
            return error.response["Error"]["Code"]

    def put(self, email, **more):
        """Return a part of a transaction that writes an address."""
        item = {"email": {"S": email}, "user_id": {"S": "somebody"}}
        return {"Put": {"TableName": f"{self._prefix}user_emails", "Item": item, **more}}

    def keep(self, table, **texts):
        """Ask for an item of texts to be written."""
        return self("put_item", table, Item={name: {"S": text} for name, text in texts.items()})

    def write(self, *parts, **more):
        """Ask for a transaction."""
        return self("transact_write_items", TransactItems=list(parts), **more)

    def query(self, table, key, value, **more):
        """Ask for the items under a key."""
        values = {":key": {"S": value}, **more.pop("values", {})}
        condition = f"{key} = :key" + more.pop("also", "")
        return self(
            "query", table, KeyConditionExpression=condition, ExpressionAttributeValues=values, **more
        )


@pytest.fixture(scope="module")
def ask(created_tables):
    return Engine(created_tables.prefix)


def address():
    """Return an address that nobody has."""
    return f"{uuid.uuid4().hex}@example.com"


def test_a_repeated_token_repeats_nothing(ask):
    token, email = str(uuid.uuid4()), address()
    first = ask.put(email, ConditionExpression="attribute_not_exists(email)")
    for _ in range(2):
        assert isinstance(ask.write(first, ClientRequestToken=token), dict)
    assert ask.write(first) == "TransactionCanceledException"


def test_a_token_for_something_else_is_refused(ask):
    token = str(uuid.uuid4())
    ask.write(ask.put(address()), ClientRequestToken=token)
    refused = ask.write(ask.put(address()), ClientRequestToken=token)
    assert refused == "IdempotentParameterMismatchException"


def test_a_refused_transaction_says_which_part_and_what_was_there(ask):
    email, other = address(), address()
    ask.write(ask.put(email))
    once = {"ConditionExpression": "attribute_not_exists(email)"}
    with pytest.raises(ClientError) as refused:
        connection_of().client.transact_write_items(
            TransactItems=[
                ask.put(other),
                ask.put(email, **once, ReturnValuesOnConditionCheckFailure="ALL_OLD"),
            ]
        )
    first, second = refused.value.response["CancellationReasons"]
    assert (first["Code"], second["Code"]) == ("None", "ConditionalCheckFailed")
    assert second["Item"]["email"] == {"S": email}
    assert models.UserEmail.count(other) == 0


REFUSED = {
    "one item twice in a transaction": lambda ask: ask.write(*[ask.put("a@example.com")] * 2),
    "a transaction of 101 parts": lambda ask: ask.write(*[ask.put(address()) for _ in range(101)]),
    "an item of more than 400 KB": lambda ask: ask.keep("user_emails", email=address(), user_id=TOO_BIG),
    "an empty key": lambda ask: ask.keep("user_emails", email=""),
    "a key of more than 2048 bytes": lambda ask: ask.keep("user_emails", email="k" * 2049),
    "an empty key of an index": lambda ask: ask.keep("sessions", token_hash="t", user_id="", created_at="1"),
    "a number of 39 digits": lambda ask: ask(
        "put_item", "user_emails", Item={"email": {"S": address()}, "number": {"N": "1" * 39}}
    ),
    "a reserved word": lambda ask: ask(
        "put_item", "user_emails", Item={"email": {"S": address()}}, ConditionExpression="size(name) > email"
    ),
    "an index read consistently": lambda ask: ask.query(
        "sessions", "user_id", "nobody", IndexName="by_user", ConsistentRead=True
    ),
    "all attributes of an index of keys": lambda ask: ask.query(
        "sessions", "user_id", "nobody", IndexName="by_user", Select="ALL_ATTRIBUTES"
    ),
    "a filter on a key": lambda ask: ask.query("settings", "kind", "none", FilterExpression="id = :key"),
    "an end before its beginning": lambda ask: ask.query(
        "settings", "kind", "none", also=" AND id BETWEEN :b AND :a",
        values={":a": {"S": "a"}, ":b": {"S": "b"}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_every_engine_refuses(ask, what):
    assert REFUSED[what](ask) == "ValidationException"


# What: (question, the embedded engine's answer, DynamoDB Local's); None stands for "not refused".
DIFFERENCES = {
    "IN with 101 values": (
        lambda ask: ask(
            "scan", "settings", FilterExpression=f"body IN ({', '.join(f':v{n}' for n in range(101))})",
            ExpressionAttributeValues={f":v{n}": {"S": str(n)} for n in range(101)},
        ),
        None, "ValidationException",
    ),
    "an attribute that the index does not carry": (
        lambda ask: ask.query(
            "sessions", "user_id", "nobody", IndexName="by_user", ProjectionExpression="expires_at"
        ),
        None, "ValidationException",
    ),
    "going on from a key of another partition": (
        lambda ask: ask.query(
            "settings", "kind", "a", ExclusiveStartKey={"kind": {"S": "b"}, "id": {"S": "1"}}
        ),
        None, "ValidationException",
    ),
    "switching expiry on twice": (
        lambda ask: ask(
            "update_time_to_live", "sessions",
            TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"},
        ),
        None, "ValidationException",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", DIFFERENCES)
def test_where_engines_differ(ask, what):
    question, embedded, dynamodb_local = DIFFERENCES[what]
    answer = question(ask)
    expected = dynamodb_local if engines.CHOSEN == engines.DYNAMODB_LOCAL else embedded
    assert (answer if isinstance(answer, str) else None) == expected


def test_a_page_ends_at_a_megabyte_with_or_without_the_item_that_passes_it(ask):
    for number in range(5):
        ask.keep("settings", kind="big", id=str(number), body=BIG)
    page = ask.query("settings", "kind", "big")
    assert page["Count"] == (4 if engines.CHOSEN == engines.DYNAMODB_LOCAL else 3)
    rest = ask.query("settings", "kind", "big", ExclusiveStartKey=page["LastEvaluatedKey"])
    assert page["Count"] + rest["Count"] == 5
    assert "LastEvaluatedKey" not in rest
