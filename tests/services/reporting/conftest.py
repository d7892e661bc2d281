"""Fixtures of the reporting domain."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.reporting import AnalyticsEngine
from tests.services.reporting.ledgers import MemoryLedger

MakeEngine = Callable[..., AnalyticsEngine]


@pytest.fixture
def make_engine(tmp_path: Path) -> Iterator[MakeEngine]:
    """Build engines over one folder (or a named one); all are closed afterwards."""
    engines: list[AnalyticsEngine] = []

    def make(ledger: MemoryLedger, *, name: str = "copy", recent_rows: int = 40) -> AnalyticsEngine:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        engines.append(
            AnalyticsEngine(folder, ledger, overlap=timedelta(seconds=60), recent_rows=recent_rows)
        )
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()
