"""Numbers, durations and days in words."""

from datetime import UTC, date, datetime

import pytest

from analytics_dash import formatting


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "\u2013"),
        (0, "0 s"),
        (45.4, "45 s"),
        (60, "1 min"),
        (1440, "24 min"),
        (7800, "2 h 10 min"),
        (7200, "2 h"),
        (188_400, "2 d 4 h"),
        (86_400, "1 d"),
        (-360, "\u22126 min"),
        (86_400 * 1234, "1,234 d"),
        (59.7, "1 min"),
        (3599, "1 h"),
        (86_399, "1 d"),
    ],
)
def test_durations(seconds, text):
    assert formatting.duration(seconds) == text


def test_counts_shares_and_days():
    assert formatting.count(12345) == "12,345"
    assert formatting.count(-36) == "\u221236"
    assert (formatting.days(1), formatting.days(3660)) == ("1 day", "3,660 days")
    assert formatting.share(0.9304) == "93.0 %"
    assert formatting.figure(None, "share") == "\u2013"
    today = date(2026, 11, 23)
    assert formatting.span(date(2026, 9, 24), date(2026, 10, 23), today=today) == "24 Sep \u2013 23 Oct"
    assert (
        formatting.span(date(2025, 12, 24), date(2026, 1, 3), today=today) == "24 Dec 2025 \u2013 3 Jan 2026"
    )
    assert formatting.moment(datetime(2026, 11, 3, 9, 5, 7, tzinfo=UTC)) == "3 Nov 2026, 09:05:07"
