"""How days are named beside a ticket's history."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from portal.words import long_day, short_day

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("at", "long", "short"),
    [
        (datetime(2026, 11, 23, 23, 30, tzinfo=UTC), "Today", "Tue"),  # past midnight where the desk is
        (datetime(2026, 11, 23, 22, 30, tzinfo=UTC), "Yesterday", "Mon"),
        (datetime(2026, 11, 20, 16, 52, tzinfo=UTC), "Friday 20 November", "Fri"),
        (datetime(2026, 11, 17, 12, 0, tzinfo=UTC), "Tuesday 17 November", "17 Nov"),
        (datetime(2025, 11, 20, 12, 0, tzinfo=UTC), "Thursday 20 November 2025", "20 Nov 2025"),
    ],
)
def test_days_are_named(at, long, short):
    assert long_day(at, NOW, BERLIN) == long
    assert short_day(at, NOW, BERLIN) == short
