"""The tables as the design lists them: keys, indexes, what an index carries, and what expires."""

import pytest

import models
from dynamodb_client import connection as connection_of
from models.ticket_fields import PROJECTED

# name: (key, {index: (key, projection)}, time to live)
LISTED = PROJECTED
PERSON = ["name", "email", "phone", "active", "created_at", "invited_at", "version"]


def listed_but(name):
    return sorted(set(LISTED) - {name})


TABLES = {
    "users": (
        ("user_id",),
        {
            "by_role": (
                ("role_id", "sort_name"),
                sorted([*PERSON, "team_ids", "organization_id"]),
            ),
            "by_organization": (("organization_id", "sort_name"), sorted([*PERSON, "team_ids", "role_id"])),
        },
        None,
    ),
    "user_emails": (("email",), {}, None),
    "roles": (("role_id",), {}, None),
    "sessions": (("token_hash",), {"by_user": (("user_id", "created_at"), "KEYS_ONLY")}, "expires_at"),
    "api_tokens": (
        ("token_hash",),
        {
            "by_user": (("user_id", "created_at"), "ALL"),
            "by_creation": (("shelf", "created_at"), "KEYS_ONLY"),
        },
        "expires_at",
    ),
    "tickets": (
        ("ticket_id",),
        {
            "by_state": (("state_key", "updated_at"), listed_but("updated_at")),
            "by_assignee": (("assignee_id", "state_at"), listed_but("assignee_id")),
            "by_requester": (("requester_id", "state_at"), listed_but("requester_id")),
            "by_team": (("team_id", "state_at"), listed_but("team_id")),
            "by_organization": (("organization_id", "state_at"), listed_but("organization_id")),
            "by_due": (("due_shard", "due_at"), ["status", "version"]),
        },
        None,
    ),
    "ticket_history": (
        ("ticket_id", "version"),
        {"by_time": (("feed", "feed_at"), ["actor_id", "actor_kind", "at", "kind", "public", "state"])},
        None,
    ),
    "assignments": (("ticket_id", "assigned_at"), {"by_agent": (("agent_id", "assigned_at"), "ALL")}, None),
    "metrics": (("scope", "day"), {}, None),
    "reports": (("report_id",), {"by_owner": (("owner_id", "updated_at"), "ALL")}, None),
    "settings": (("kind", "id"), {}, "expires_at"),
    "outbox": (("shard", "due_key"), {}, None),
    "leases": (("name",), {}, None),
    "audit": (
        ("trail", "entry_key"),
        {
            "by_subject": (("subject", "entry_key"), "ALL"),
            "by_actor": (("actor_id", "entry_key"), "ALL"),
        },
        None,
    ),
    "attempts": (("key",), {}, "expires_at"),
    "idempotency_keys": (("key",), {}, "expires_at"),
    "counters": (("name",), {}, None),
    "jobs": (("job_id",), {"by_running": (("running", "started_at"), "KEYS_ONLY")}, "expires_at"),
    "identities": (("identity",), {}, None),
}
NUMBERS = {("tickets", "ticket_id"), ("ticket_history", "ticket_id"), ("ticket_history", "version"),
           ("assignments", "ticket_id")}  # fmt: skip


def keys(description):
    order = {"HASH": 0, "RANGE": 1}
    return tuple(
        key["AttributeName"] for key in sorted(description["KeySchema"], key=lambda k: order[k["KeyType"]])
    )


def projection(index):
    kind = index["Projection"]["ProjectionType"]
    return sorted(index["Projection"]["NonKeyAttributes"]) if kind == "INCLUDE" else kind


def test_the_tables_are_those_of_the_design(created_tables):
    names = {table.Meta.table_name.removeprefix(created_tables.prefix) for table in models.TABLES}
    assert names == TABLES.keys()


@pytest.mark.parametrize("name", TABLES)
def test_a_table_as_the_engine_has_it(created_tables, name):
    key, indexes, ttl = TABLES[name]
    table = connection_of().client.describe_table(TableName=created_tables.prefix + name)["Table"]
    assert keys(table) == key
    indexes_there = {
        i["IndexName"]: (keys(i), projection(i)) for i in table.get("GlobalSecondaryIndexes", ())
    }
    assert indexes_there == indexes
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    kinds = {a["AttributeName"]: a["AttributeType"] for a in table["AttributeDefinitions"]}
    assert kinds == {a: "N" if (name, a) in NUMBERS else "S" for a in kinds}
    expiry = connection_of().client.describe_time_to_live(TableName=created_tables.prefix + name)
    assert expiry["TimeToLiveDescription"].get("AttributeName") == ttl


def test_creating_tables_again_changes_nothing(created_tables):
    assert models.create_tables() == []


def test_a_missing_table_is_created(moto):
    models.Lease.delete_table()
    assert models.create_tables() == ["test-leases"]


def test_prefixes_do_not_meet(moto):
    models.delete_tables()
    assert len(models.create_tables()) == len(TABLES)
    models.delete_tables()
    assert connection_of().list_tables()["TableNames"] == []
