"""The product's services on empty tables of the embedded engine."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

import models
from dynamodb_client import ConnectionOptions
from services.bootstrap import Services
from services.tickets import FileReport
from tests.services.tickets.importing import logs


@pytest.fixture
def services(tables: ConnectionOptions, tmp_path: Path) -> Iterator[Services]:
    """Wire the services on empty tables, and check after the test that the ledger is whole."""
    models.connect(tables)
    models.delete_tables()
    models.create_tables()
    wired = logs.build(tables, tmp_path)
    yield wired
    report = wired.tickets.audit.verify()
    assert not report.violations, report.shown


@pytest.fixture
def upsert(services: Services, tmp_path: Path) -> Callable[[Iterable[logs.LogRow]], FileReport]:
    """Give a function that imports rows as a file."""
    return lambda rows: logs.import_log(services, logs.write(tmp_path / "log.csv.gz", rows))
