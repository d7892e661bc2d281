"""What the product writes, heard where a request goes out: nobody has to read all tables before and after."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient

from tests import granted_permissions

WRITING = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"})


@contextmanager
def recorded() -> Iterator[list[str]]:
    """Note each write to a table of the product, as "UpdateItem tickets", refused ones included."""
    heard: list[str] = []
    call = BaseClient._make_api_call

    def recording(self: BaseClient, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        needed = granted_permissions.needs(operation, parameters)
        heard.extend(f"{action} {table}" for table, _, action in needed if action in WRITING)
        answer: dict[str, Any] = call(self, operation, parameters)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", recording)
        yield heard
