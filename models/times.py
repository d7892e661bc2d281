"""Times as text: UTC, microseconds, "Z", so that texts sort like times."""

from datetime import UTC, datetime


def to_text(at: datetime) -> str:
    """Write an aware datetime as "2026-11-22T10:00:00.000000Z"."""
    return f"{at.astimezone(UTC).isoformat(timespec='microseconds')[:-6]}Z"


def from_text(text: str) -> datetime:
    """Read what `to_text` wrote."""
    return datetime.fromisoformat(text)
