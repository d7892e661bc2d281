"""The product's permissions on its tables in the cloud: what it needs, recorded while tests run."""

import pytest
from botocore.client import BaseClient

import models
from cdk.task_permissions import BATCHES, KEPT, index_actions, table_actions
from models import role
from models.table_specs import table_specs
from tests import granted_permissions

SPECS = {spec.name: spec for spec in table_specs(models.TABLES)}
KNOWN = {
    "BatchGetItem", "BatchWriteItem", "ConditionCheckItem", "DeleteItem", "DescribeTable", "GetItem",
    "PutItem", "Query", "Scan", "UpdateItem",
}  # fmt: skip


def test_only_tables_that_exist_and_actions_that_dynamodb_knows_are_named():
    assert KEPT.keys() | BATCHES.keys() <= SPECS.keys()
    assert frozenset().union(*map(table_actions, SPECS)) <= KNOWN


@pytest.mark.parametrize("table", ["tickets", "ticket_history", "audit"])
def test_history_and_audit_log_cannot_be_deleted(table):
    assert not table_actions(table) & {"DeleteItem", "BatchWriteItem"}


def test_an_index_can_only_be_queried():
    allowed = [actions for spec in SPECS.values() for actions in index_actions(spec).values()]
    assert len(allowed) > 10
    assert set(allowed) == {frozenset({"Query"})}


def test_a_request_that_the_role_would_be_refused_fails_a_test(moto, monkeypatch):
    monkeypatch.setattr(granted_permissions, "table_actions", lambda _table: frozenset({"GetItem"}))
    with pytest.raises(pytest.fail.Exception, match=r"models/role.py:\d+ needs .*'roles', None, 'Scan'"):
        role.everything()


def test_what_a_test_arranges_itself_is_not_held_against_the_product(moto, monkeypatch):
    monkeypatch.setattr(granted_permissions, "table_actions", lambda _table: frozenset())
    models.Role(role_id="r", name="r").save()


def test_the_set_up_asks_for_nothing_that_its_role_lacks(moto, monkeypatch):
    asked: list[tuple[str, dict[str, object]]] = []
    call = BaseClient._make_api_call

    def noted(self, operation, parameters):
        asked.append((operation, parameters))
        return call(self, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", noted)
    assert models.create_tables() == []
    assert {name for name, _ in asked} == {"DescribeTable"}
    assert [lacking for request in asked for lacking in granted_permissions.missing(*request)] == []


def test_a_question_about_the_whole_account_is_refused():
    assert granted_permissions.missing("ListTables", {}) == [("*", None, "ListTables")]


@pytest.mark.parametrize(
    ("operation", "parameters", "expected"),
    [
        ("GetItem", {"TableName": "t-users"}, {("users", None, "GetItem")}),
        ("Query", {"TableName": "t-users", "IndexName": "by_role"}, {("users", "by_role", "Query")}),
        (
            "BatchGetItem",
            {"RequestItems": {"t-users": {}, "t-user_emails": {}}},
            {("users", None, "BatchGetItem"), ("user_emails", None, "BatchGetItem")},
        ),
        (
            "TransactWriteItems",
            {
                "TransactItems": [
                    {"Put": {"TableName": "t-tickets"}},
                    {"ConditionCheck": {"TableName": "t-roles"}},
                ]
            },
            {("tickets", None, "PutItem"), ("roles", None, "ConditionCheckItem")},
        ),
        ("ListTables", {}, {("*", None, "ListTables")}),
        ("CreateTable", {"TableName": "t-users"}, set()),
        ("GetItem", {"TableName": "words"}, set()),
    ],
)
def test_what_a_request_needs_is_known(operation, parameters, expected):
    assert set(granted_permissions.needs(operation, parameters)) == expected


def test_an_index_of_another_table_is_not_granted():
    query = {"TableName": "t-users", "IndexName": "by_state"}
    assert granted_permissions.missing("Query", query) == [("users", "by_state", "Query")]
