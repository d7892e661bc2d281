"""What a source may answer a write with, apart from success."""

from typing import Any


class WriteError(Exception):
    """Is the base of the answers below; the message is fit to show to a person."""


class StaleWrite(WriteError):
    """Says that somebody changed the same field meanwhile; nothing was written.

    old is what the writer saw, theirs what is stored now, yours what was to be written; version is the
    version now stored, for a second attempt.
    """

    def __init__(
        self,
        field: str,
        *,
        old: Any = None,
        theirs: Any = None,
        yours: Any = None,
        version: int | None = None,
    ) -> None:
        """Keep the four values apart, so that a page can show them."""
        super().__init__(f"{field} has been changed by someone else. Nothing was saved.")
        self.field, self.old, self.theirs, self.yours, self.version = field, old, theirs, yours, version


class Refused(WriteError):
    """Says that a rule forbids the write; field names the culprit where there is one."""

    def __init__(self, message: str, field: str | None = None) -> None:
        """Keep the field beside the message."""
        super().__init__(message)
        self.field = field


class Denied(WriteError):
    """Says that the person may not write this row."""


class Missing(WriteError):
    """Says that the row does not exist, or no longer does."""

    def __init__(self, message: str = "This record no longer exists.") -> None:
        """Use the usual words unless others are given."""
        super().__init__(message)
