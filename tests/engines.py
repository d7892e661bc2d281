"""Which engine the integration tests run on: the product's own, or by TEST_ENGINE=dynamodb-local AWS's."""

import os
from pathlib import Path

import pytest

import models
from dynamodb_client import connection as connection_of
from local.dynamodb_local import DynamoDBLocal
from local.engine import Engine
from models.table_specs import table_specs

EMBEDDED, DYNAMODB_LOCAL = "embedded", "dynamodb-local"
CHOSEN = os.environ.get("TEST_ENGINE") or EMBEDDED

# For tests of the embedded engine's process, its file and its durability, and of what starts it.
embedded_only = pytest.mark.skipif(
    CHOSEN == DYNAMODB_LOCAL,
    reason="about the embedded engine itself: its process, file or durability, or what starts it",
)


def new_engine(folder: Path) -> Engine | DynamoDBLocal:
    """Prepare an engine of the chosen kind, empty; the folder is for those that keep files."""
    if CHOSEN == EMBEDDED:
        return Engine(folder)
    if CHOSEN == DYNAMODB_LOCAL:
        return DynamoDBLocal()
    raise ValueError(f"TEST_ENGINE is {CHOSEN!r}: choose {EMBEDDED!r} or {DYNAMODB_LOCAL!r}")


def suspend_expiry(prefix: str) -> None:
    """Keep what has expired: tests live at hours of their own, and DynamoDB Local goes by the clock."""
    if CHOSEN == EMBEDDED:
        return  # it expires nothing
    for table in table_specs(models.TABLES):
        if table.ttl:
            connection_of().client.update_time_to_live(
                TableName=prefix + table.name,
                TimeToLiveSpecification={"Enabled": False, "AttributeName": table.ttl},
            )
