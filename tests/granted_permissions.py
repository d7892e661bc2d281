"""Whether the deployed product could make the requests that the product makes in tests.

A missing permission shows nowhere but in the cloud. So each request that product code makes while tests run
is checked against cdk/task_permissions.py. What tests themselves write, to arrange something, is not.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import models
from cdk.task_permissions import index_actions, table_actions
from models.table_specs import table_specs

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = tuple(str(ROOT / package) + "/" for package in ("portal", "services", "models"))
# What carries requests or makes tables, on behalf of product and tests alike.
CARRIERS = (str(ROOT / "dynamodb_client") + "/", str(ROOT / "models" / "__init__.py"))
# In the cloud the stack makes the tables and their indexes; the set-up finds them all.
STACKS_OWN = {"CreateTable", "DeleteTable", "UpdateTable", "DescribeTimeToLive", "UpdateTimeToLive"}
BATCHES = {"BatchGetItem", "BatchWriteItem"}
# Questions about the whole account: the role has leave for its own tables alone.
ACCOUNT_WIDE = {"DescribeLimits", "ListTables"}
EVERY_TABLE = "*"
TRANSACTED = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}
SPECS = {spec.name: spec for spec in table_specs(models.TABLES)}

Need = tuple[str, str | None, str]


def missing(operation: str, parameters: Mapping[str, Any]) -> list[Need]:
    """Return what a request needs and the product's role has not: (table, index, action)."""
    return [need for need in needs(operation, parameters) if not _is_granted(*need)]


def needs(operation: str, parameters: Mapping[str, Any]) -> Iterator[Need]:
    """Return the permissions that a request needs for tables of the product."""
    if operation in ACCOUNT_WIDE:
        yield EVERY_TABLE, None, operation
    for table, index, action in _parts(operation, parameters):
        name = next((name for name in SPECS if table == name or table.endswith(f"-{name}")), None)
        if name is not None:
            yield name, index, action


def made_by_product() -> str | None:
    """Name the place in the product that makes the request of this moment; None when a test does.

    The caller itself, a fixture, is not looked at.
    """
    frame = sys._getframe(2)
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith(PRODUCT) and not path.startswith(CARRIERS):
            return f"{path.removeprefix(f'{ROOT}/')}:{frame.f_lineno}"
        if "/tests/" in path:
            return None
        frame = frame.f_back
    return None


def _parts(operation: str, parameters: Mapping[str, Any]) -> Iterator[Need]:
    if operation in BATCHES:
        yield from ((table, None, operation) for table in parameters["RequestItems"])
    elif operation.startswith("Transact"):
        for item in parameters["TransactItems"]:
            for kind, asked in item.items():
                yield asked["TableName"], None, TRANSACTED[kind]
    elif "TableName" in parameters and operation not in STACKS_OWN:
        yield parameters["TableName"], parameters.get("IndexName"), operation


def _is_granted(table: str, index: str | None, action: str) -> bool:
    if table == EVERY_TABLE:
        return False
    granted = table_actions(table) if index is None else index_actions(SPECS[table]).get(index, frozenset())
    return action in granted
