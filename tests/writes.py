"""What the product writes, heard where a request goes out: nobody has to read all tables before and after."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from dynamodb_client.requests import RequestWriter
from tests import granted_permissions

WRITING = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"})


@contextmanager
def recorded() -> Iterator[list[str]]:
    """Note each write to a table of the product, as "UpdateItem tickets", refused ones included."""
    heard: list[str] = []
    write = RequestWriter.serialize_to_request

    def listening(self: RequestWriter, parameters: dict[str, Any], operation: Any) -> dict[str, Any]:
        needed = granted_permissions.needs(operation.name, parameters)
        heard.extend(f"{action} {table}" for table, _, action in needed if action in WRITING)
        return write(self, parameters, operation)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RequestWriter, "serialize_to_request", listening)
        yield heard
