"""Which engine the integration tests run on: the product's own, or by TEST_ENGINE=dynamodb-local AWS's."""

import os
from pathlib import Path

import pytest

from local.dynamodb_local import DynamoDBLocal
from local.engine import Engine

EMBEDDED, DYNAMODB_LOCAL = "embedded", "dynamodb-local"
CHOSEN = os.environ.get("TEST_ENGINE") or EMBEDDED

# For tests of the embedded engine's process, its file and its durability, and of what starts it.
embedded_only = pytest.mark.skipif(
    CHOSEN == DYNAMODB_LOCAL, reason="about the embedded engine itself: its process, file or durability"
)


def new_engine(folder: Path, port: int = 0) -> Engine | DynamoDBLocal:
    """Prepare an engine of the chosen kind, empty; the folder is for those that keep files."""
    if CHOSEN == EMBEDDED:
        return Engine(folder, port)
    if CHOSEN == DYNAMODB_LOCAL:
        return DynamoDBLocal(port)
    raise ValueError(f"TEST_ENGINE is {CHOSEN!r}: choose {EMBEDDED!r} or {DYNAMODB_LOCAL!r}")
