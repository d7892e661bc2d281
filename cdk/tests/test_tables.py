"""CloudFormation creates the tables that the models describe, and protects them."""

import models
from models.table_specs import TableSpec, table_specs

SPECS = table_specs(models.TABLES)


def described(stage, template):
    """Read the tables back out of a template."""
    for table in template.of("DynamoDB::GlobalTable").values():
        ttl = table.get("TimeToLiveSpecification", {"Enabled": False})
        yield TableSpec.from_description(
            table["TableName"].removeprefix(f"{stage.prefix}-"),
            table,
            ttl["AttributeName"] if ttl["Enabled"] else None,
        )


def test_the_tables_are_those_of_the_models(stage, template):
    assert {spec.name: spec for spec in described(stage, template)} == {spec.name: spec for spec in SPECS}


def test_a_difference_would_be_seen(stage, template):
    (first, *_), (other, *_) = described(stage, template), SPECS[::-1]
    assert first != other


def test_every_table_is_on_demand_encrypted_with_our_key_and_restorable(stage, template):
    for name, table in template.of("DynamoDB::GlobalTable").items():
        (replica,) = table["Replicas"]
        assert table["BillingMode"] == "PAY_PER_REQUEST", name
        assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
        assert "KeysData" in str(replica["SSESpecification"]["KMSMasterKeyId"])
        assert replica["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
        assert replica["DeletionProtectionEnabled"] is stage.keep_data


def test_data_outlives_the_stack_where_it_should(stage, template):
    policy = "Retain" if stage.keep_data else "Delete"
    for kind in ("DynamoDB::GlobalTable", "S3::Bucket", "SecretsManager::Secret"):
        for resource in template.whole(kind):
            assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == policy


def test_indexes_carry_no_more_than_the_models_say(template):
    for table in template.of("DynamoDB::GlobalTable").values():
        spec = next(spec for spec in SPECS if table["TableName"].endswith(f"-{spec.name}"))
        projections = {i["IndexName"]: i["Projection"] for i in table.get("GlobalSecondaryIndexes", ())}
        assert {name: p["ProjectionType"] for name, p in projections.items()} == {
            index.name: index.projection for index in spec.indexes
        }
