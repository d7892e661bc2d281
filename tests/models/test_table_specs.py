"""The tables as plain values: read off the models, and equal to what engines made of them."""

import subprocess
import sys

import pytest
from pynamodb.attributes import UnicodeAttribute
from pynamodb.indexes import AllProjection, LocalSecondaryIndex

import models
from dynamodb_client import LeanModel
from dynamodb_client import connection as connection_of
from models.table_specs import IndexSpec, TableSpec, table_specs


def as_the_engine_has_it(prefix: str) -> tuple[TableSpec, ...]:
    client = connection_of().client
    return tuple(
        TableSpec.from_description(
            spec.name,
            client.describe_table(TableName=prefix + spec.name)["Table"],
            client.describe_time_to_live(TableName=prefix + spec.name)["TimeToLiveDescription"].get(
                "AttributeName"
            ),
        )
        for spec in table_specs(models.TABLES)
    )


def test_moto_has_the_tables_of_the_table_specs(moto):
    assert as_the_engine_has_it(moto.prefix) == table_specs(models.TABLES)


def test_the_engine_has_the_tables_of_the_table_specs(created_tables):
    # Of `make test-engines` that is DynamoDB Local; cdk/tests/test_tables.py asks CloudFormation.
    assert as_the_engine_has_it(created_tables.prefix) == table_specs(models.TABLES)


def test_a_table_reads_as_its_model_says():
    (sessions,) = table_specs([models.Session])
    assert sessions == TableSpec(
        name="sessions",
        hash_key="token_hash",
        range_key=None,
        attributes=(("created_at", "S"), ("token_hash", "S"), ("user_id", "S")),
        indexes=(IndexSpec("by_user", "user_id", "created_at", ()),),
        ttl="expires_at",
    )
    assert sessions.indexes[0].projection == "KEYS_ONLY"


def test_projections_are_named_in_the_words_of_dynamodb():
    kinds = {i.projection for spec in table_specs(models.TABLES) for i in spec.indexes}
    assert kinds == {"ALL", "INCLUDE", "KEYS_ONLY"}


def test_every_key_attribute_has_its_type_and_no_other_attribute_stands_there():
    for spec in table_specs(models.TABLES):
        keys = {spec.hash_key, spec.range_key} | {k for i in spec.indexes for k in (i.hash_key, i.range_key)}
        assert {name for name, _ in spec.attributes} == keys - {None}


def test_a_difference_is_seen():
    description = {
        "KeySchema": [
            {"AttributeName": "kind", "KeyType": "HASH"},
            {"AttributeName": "id", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": "kind", "AttributeType": "S"},
            {"AttributeName": "id", "AttributeType": "N"},
        ],
    }
    (settings,) = table_specs([models.Setting])
    assert TableSpec.from_description("settings", description, "expires_at") != settings
    description["AttributeDefinitions"][1]["AttributeType"] = "S"
    assert TableSpec.from_description("settings", description, "expires_at") == settings
    assert TableSpec.from_description("settings", description, None) != settings


def test_the_order_in_which_keys_are_named_is_no_difference():
    keys = [{"AttributeName": "kind", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}]
    kinds = [{"AttributeName": name, "AttributeType": "S"} for name in ("kind", "id")]
    one = {"KeySchema": keys, "AttributeDefinitions": kinds}
    other = {"KeySchema": keys[::-1], "AttributeDefinitions": kinds[::-1], "GlobalSecondaryIndexes": None}
    assert TableSpec.from_description("t", one, None) == TableSpec.from_description("t", other, None)


def test_a_local_index_is_refused():
    class ByWord(LocalSecondaryIndex["Word"]):
        class Meta:
            index_name = "by_word"
            projection = AllProjection()

        key = UnicodeAttribute(hash_key=True)
        word = UnicodeAttribute(range_key=True)

    class Word(LeanModel):
        class Meta:
            table_name = "words"

        key = UnicodeAttribute(hash_key=True)
        word = UnicodeAttribute()
        by_word = ByWord()

    with pytest.raises(NotImplementedError, match="Word"):
        table_specs([Word])


def test_the_specs_are_read_without_an_engine_and_without_the_web():
    code = (
        "import sys, models; from models.table_specs import table_specs; print(len(table_specs(models.TABLES)));"
        "assert not {'flask', 'dash', 'duckdb'} & sys.modules.keys()"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == str(len(models.TABLES))
