"""The services on empty tables of the embedded engine."""

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
    """Build the services on empty tables, and verify the ledger after the test."""
    models.connect(tables)
    models.delete_tables()
    models.create_tables()
    wired = logs.build(tables, tmp_path)
    yield wired
    report = wired.tickets.audit.verify()
    assert not report.violations, report.shown


@pytest.fixture
def import_rows(services: Services, tmp_path: Path) -> Callable[[Iterable[logs.LogRow]], FileReport]:
    """Return a function that imports rows as a log file."""
    return lambda rows: logs.import_log(services, logs.write(tmp_path / "log.csv.gz", rows))
