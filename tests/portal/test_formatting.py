"""How moments and names read."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from portal.ui import formatting

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday, 10:00 in Berlin


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("moment", "when", "within", "stamp"),
    [
        ("2026-11-23 09:41", "Today 09:41", "today at 09:41", "Mon 23 Nov, 09:41"),
        ("2026-11-22 23:59", "Yesterday 23:59", "yesterday at 23:59", "Sun 22 Nov, 23:59"),
        ("2026-11-20 16:52", "Fri 16:52", "on Friday", "Fri 20 Nov, 16:52"),
        ("2026-11-17 00:00", "Tue 00:00", "on Tuesday", "Tue 17 Nov, 00:00"),
        ("2026-11-16 12:00", "16 Nov", "on 16 Nov", "Mon 16 Nov, 12:00"),
        ("2026-01-02 12:00", "2 Jan", "on 2 Jan", "Fri 2 Jan, 12:00"),
        ("2025-10-12 12:00", "12 Oct 2025", "on 12 Oct 2025", "Sun 12 Oct 2025, 12:00"),
        ("2026-11-24 12:00", "24 Nov", "on 24 Nov", "Tue 24 Nov, 12:00"),
    ],
)
def test_a_moment_is_as_short_as_it_is_clear(moment, when, within, stamp):
    assert formatting.when(at(moment), NOW, BERLIN) == when
    assert formatting.told(at(moment), NOW, BERLIN) == within
    assert formatting.stamp(at(moment), NOW, BERLIN) == stamp


def test_a_day_begins_where_the_readers_are():
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert formatting.when(late, NOW, BERLIN) == "Today 00:30"
    assert formatting.when(late, NOW, ZoneInfo("UTC")) == "Yesterday 23:30"


def test_a_weekday_in_the_last_days_of_another_year_needs_no_year():
    new_year = datetime(2027, 1, 2, 9, 0, tzinfo=UTC)
    assert formatting.when(datetime(2026, 12, 30, 8, 0, tzinfo=UTC), new_year, BERLIN) == "Wed 09:00"


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-11-23 09:59:58", "now"),
        ("2026-11-23 09:59:20", "40 s"),
        ("2026-11-23 09:41", "19 min"),
        ("2026-11-22 11:00", "23 h"),
        ("2026-11-22 09:00", "Yesterday"),
        ("2026-10-14 09:00", "14 Oct"),
        ("2025-10-14 09:00", "14 Oct 2025"),
    ],
)
def test_how_long_ago(moment, text):
    assert formatting.ago(at(moment), NOW, BERLIN) == text


def test_the_exact_moment_names_everything():
    assert formatting.exact(at("2026-11-20 16:52"), BERLIN) == "Fri 20 Nov 2026, 16:52"


@pytest.mark.parametrize(
    ("name", "initials"),
    [("Ana Silva", "AS"), ("ben", "B"), ("Ana de la Cruz", "AC"), ("(bot)", "?"), ("", "?")],
)
def test_initials(name, initials):
    assert formatting.initials(name) == initials


@pytest.mark.parametrize(
    ("moment", "long", "short"),
    [
        (datetime(2026, 11, 22, 23, 30, tzinfo=UTC), "Today", "Mon"),  # past midnight where the desk is
        (datetime(2026, 11, 22, 22, 30, tzinfo=UTC), "Yesterday", "Sun"),
        (datetime(2026, 11, 19, 16, 52, tzinfo=UTC), "Thursday 19 November", "Thu"),
        (datetime(2026, 11, 16, 12, 0, tzinfo=UTC), "Monday 16 November", "16 Nov"),
        (datetime(2025, 11, 20, 12, 0, tzinfo=UTC), "Thursday 20 November 2025", "20 Nov 2025"),
    ],
)
def test_days_are_named_beside_a_history(moment, long, short):
    assert formatting.long_day(moment, NOW, BERLIN) == long
    assert formatting.short_day(moment, NOW, BERLIN) == short
