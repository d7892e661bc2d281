"""The world that the matrix is tried on."""

from collections.abc import Iterator

import pytest

from models.connection import ConnectionOptions
from tests.authorization.world import World


@pytest.fixture(scope="module")
def world(tables: ConnectionOptions, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Run wsgi.py over tables of one's own, and bring its people."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATA_DIR", str(tmp_path_factory.mktemp("world")))
        patch.setenv("DYNAMODB_ENDPOINT", str(tables.endpoint))
        patch.setenv("TABLE_PREFIX", tables.prefix)
        patch.setenv("AWS_REGION", tables.region)
        built = World()
    yield built
    built.services.analytics.close()
