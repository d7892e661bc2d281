"""What the product asks of the database, heard where a request goes out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient


@contextmanager
def requests() -> Iterator[list[str]]:
    """Note each request, as "Query users by_role"."""
    heard: list[str] = []
    call = BaseClient._make_api_call

    def hearing(self: BaseClient, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        tables = parameters.get("RequestItems") or [parameters.get("TableName", "")]
        names = " ".join(str(table).rpartition("-")[2] for table in tables)
        heard.append(" ".join(filter(None, (operation, names, parameters.get("IndexName")))))
        answer: dict[str, Any] = call(self, operation, parameters)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", hearing)
        yield heard
