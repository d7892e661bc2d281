"""The product with an unreliable connection to its engine."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from botocore.retries.standard import ExponentialBackoff

from dynamodb_client import ConnectionOptions
from services.users.identity import Actor
from tests.faults.proxy import Proxy
from tests.portal.conftest import Site, build
from tests.services.conftest import open_harness
from tests.services.harness import Harness


@pytest.fixture(scope="module")
def no_retry_delay() -> Iterator[None]:
    """Let the client retry at once, so that tests do not wait."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0)
        yield


@pytest.fixture(scope="module")
def harness(
    proxy: Proxy, tables: ConnectionOptions, no_retry_delay: None, tmp_path_factory: pytest.TempPathFactory
) -> Harness:
    return open_harness(
        replace(tables, endpoint=proxy.endpoint, read_timeout=0.8), tmp_path_factory.mktemp("analytics")
    )


@pytest.fixture(autouse=True)
def _calm(proxy: Proxy) -> Iterator[None]:
    """Drop what is left of a test's script."""
    yield
    proxy.calm()


@pytest.fixture(scope="module")
def agent(harness: Harness) -> Actor:
    return harness.actor("agent")


@pytest.fixture(scope="module")
def customer(harness: Harness) -> Actor:
    return harness.actor("customer")


@pytest.fixture(scope="module")
def site(
    proxy: Proxy, tables: ConnectionOptions, no_retry_delay: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """Build the whole web application behind the proxy."""
    built = build(replace(tables, endpoint=proxy.endpoint), tmp_path_factory.mktemp("site"))
    yield built
    built.services.reporting.analytics.close()
