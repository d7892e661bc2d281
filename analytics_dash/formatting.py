"""Formats numbers, durations and days for people; rounding happens only here."""

from datetime import date, datetime

DASH = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"


def count(value: float | None) -> str:
    """Write a count with thousands separators."""
    return DASH if value is None else f"{value:,.0f}".replace("-", MINUS)


def duration(seconds: float | None) -> str:
    """Write a duration in its two largest units: "45 s", "24 min", "2 h 10 min", "3 d 4 h"."""
    if seconds is None:
        return DASH
    whole = round(abs(seconds))
    minutes = round(whole / 60)
    if whole < 60:
        text = f"{whole} s"
    elif minutes < 60:
        text = f"{minutes} min"
    elif minutes < 1440:
        text = _two(minutes, 60, "h", "min")
    else:
        text = _two(round(whole / 3600), 24, "d", "h")
    return f"{MINUS}{text}" if seconds < 0 and whole else text


def _two(small: int, size: int, large_unit: str, small_unit: str) -> str:
    large, rest = divmod(small, size)
    return f"{large:,} {large_unit} {rest} {small_unit}" if rest else f"{large:,} {large_unit}"


def share(value: float | None) -> str:
    """Write a share between 0 and 1 as percent with one decimal."""
    return DASH if value is None else f"{value * 100:.1f} %"


def figure(value: float | None, unit: str) -> str:
    """Write a value in its unit: "count", "seconds" or "share"."""
    return {"count": count, "seconds": duration, "share": share}[unit](value)


def signed(text: str, rises: bool) -> str:
    """Put a plus or a minus before a magnitude."""
    return ("+" if rises else MINUS) + text


def day(value: date) -> str:
    """Write a day as "24 Oct"."""
    return f"{value.day} {value:%b}"


def full_day(value: date) -> str:
    """Write a day as "24 Oct 2026"."""
    return f"{day(value)} {value.year}"


def days(number: int) -> str:
    """Write a length as "1 day" or "30 days"."""
    return f"{number:,} day{'' if number == 1 else 's'}"


def span(start: date, end: date, *, today: date) -> str:
    """Write a period as "24 Sep - 23 Oct" with an en dash, with years when one is not this year."""
    write = day if start.year == end.year == today.year else full_day
    return f"{write(start)} {DASH} {write(end)}"


def moment(value: datetime) -> str:
    """Write a moment as "23 Nov 2026, 10:00:00"."""
    return f"{full_day(value.date())}, {value:%H:%M:%S}"


def age(seconds: float) -> str:
    """Write how old data is."""
    return f"data {duration(max(seconds, 0))} old"
