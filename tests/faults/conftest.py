"""The product with an unreliable way to its engine."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from botocore.retries.standard import ExponentialBackoff

from models.connection import ConnectionOptions
from services.users import Actor
from tests.faults.proxy import Proxy
from tests.services.conftest import open_house
from tests.services.house import House


@pytest.fixture(scope="module")
def proxy(tables: ConnectionOptions) -> Iterator[Proxy]:
    between = Proxy(tables.endpoint or "")
    yield between
    between.close()


@pytest.fixture(scope="module")
def house(
    proxy: Proxy, tables: ConnectionOptions, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0)
        yield open_house(
            replace(tables, endpoint=proxy.endpoint, read_timeout=0.4), tmp_path_factory.mktemp("analytics")
        )


@pytest.fixture(autouse=True)
def _calm(proxy: Proxy) -> Iterator[None]:
    """Forget what was left of a test's script."""
    yield
    proxy._scripts.clear()
    proxy.kept.clear()


@pytest.fixture(scope="module")
def agent(house: House) -> Actor:
    return house.actor("agent")


@pytest.fixture(scope="module")
def customer(house: House) -> Actor:
    return house.actor("customer")
