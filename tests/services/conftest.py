"""The product's services on the real engine."""

from pathlib import Path

import pytest

from models.connection import ConnectionOptions
from services.bootstrap import build_services
from services.users import Actor
from tests.services.house import House, options


def open_house(connection: ConnectionOptions, folder: Path, shards: int = 1) -> House:
    """Build the services over existing tables and write the built-in roles."""
    house = House(build_services(options(connection, folder, shards)))
    house.services.roles.ensure_built_in()
    house.services.catalog.bring("team", [("support", "Support"), ("network", "Network")])
    house.services.catalog.bring("category", [("hardware", "Hardware"), ("software", "Software")])
    return house


@pytest.fixture(scope="module")
def house(tables: ConnectionOptions, tmp_path_factory: pytest.TempPathFactory) -> House:
    return open_house(tables, tmp_path_factory.mktemp("analytics"))


@pytest.fixture(scope="module")
def elsewhere(house: House, tables: ConnectionOptions, tmp_path_factory: pytest.TempPathFactory) -> House:
    """The same tables served by another process, which remembers on its own what it read."""
    return House(build_services(options(tables, tmp_path_factory.mktemp("elsewhere"))))


@pytest.fixture(scope="module")
def agent(house: House) -> Actor:
    return house.actor("agent")


@pytest.fixture(scope="module")
def colleague(house: House) -> Actor:
    return house.actor("agent")


@pytest.fixture(scope="module")
def customer(house: House) -> Actor:
    return house.actor("customer")
