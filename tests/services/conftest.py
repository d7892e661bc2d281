"""The product's services on the real engine."""

from pathlib import Path

import pytest

from dynamodb_client import ConnectionOptions
from services.bootstrap import build_services
from services.users.identity import Actor
from tests.services.harness import Harness, options


def open_harness(connection: ConnectionOptions, folder: Path, shards: int = 1) -> Harness:
    """Build the services over existing tables and write the built-in roles."""
    harness = Harness(build_services(options(connection, folder, shards)))
    harness.services.users.roles.ensure_built_in()
    harness.services.catalog.upsert("team", [("support", "Support"), ("network", "Network")])
    harness.services.catalog.upsert(
        "category", [("hardware", "Hardware"), ("software", "Software")], offered_to_customers=True
    )
    return harness


@pytest.fixture(scope="module")
def harness(tables: ConnectionOptions, tmp_path_factory: pytest.TempPathFactory) -> Harness:
    return open_harness(tables, tmp_path_factory.mktemp("analytics"))


@pytest.fixture(scope="module")
def elsewhere(
    harness: Harness, tables: ConnectionOptions, tmp_path_factory: pytest.TempPathFactory
) -> Harness:
    """The same tables served by another process, which remembers on its own what it read."""
    return Harness(build_services(options(tables, tmp_path_factory.mktemp("elsewhere"))))


@pytest.fixture(scope="module")
def agent(harness: Harness) -> Actor:
    return harness.actor("agent")


@pytest.fixture(scope="module")
def colleague(harness: Harness) -> Actor:
    return harness.actor("agent")


@pytest.fixture(scope="module")
def customer(harness: Harness) -> Actor:
    return harness.actor("customer")
