"""The world that the matrix is tried on."""

from collections.abc import Iterator

import pytest

from dynamodb_client import ConnectionOptions
from tests.authorization.matrix_site import MatrixSite
from tests.provider.fake import CLIENT_ID, SECRET, fake


@pytest.fixture(scope="module")
def matrix_site(tables: ConnectionOptions, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MatrixSite]:
    """Run wsgi.py over tables of one's own, and bring its people."""
    with fake() as provider, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATA_DIR", str(tmp_path_factory.mktemp("world")))
        patch.setenv("DYNAMODB_ENDPOINT", str(tables.endpoint))
        patch.setenv("TABLE_PREFIX", tables.prefix)
        patch.setenv("AWS_REGION", tables.region)
        patch.setenv("OIDC_PROVIDERS", "corp")
        patch.setenv("OIDC_CORP_ISSUER", provider.issuer)
        patch.setenv("OIDC_CORP_CLIENT_ID", CLIENT_ID)
        patch.setenv("OIDC_CORP_CLIENT_SECRET", SECRET)
        patch.setenv("OIDC_CORP_DOMAINS", "corp.example")
        patch.setenv("OIDC_CORP_DEFAULT_ROLE", "customer")
        built = MatrixSite(provider)
        yield built
        built.services.reporting.analytics.close()
