"""The families of errors that services raise; the web maps each family once.

A concrete error lives beside what raises it and inherits one of these. What the tables raise passes through
services unchanged: EngineUnavailable anywhere, the other StoreErrors where nobody expects them.
"""

from typing import ClassVar

from models.store_errors import EngineUnavailable, StoreError

__all__ = [
    "Conflicted",
    "Contradictory",
    "EngineUnavailable",
    "Forbidden",
    "Invalid",
    "NotFound",
    "ServiceError",
    "StoreError",
    "Throttled",
    "Unavailable",
]


class ServiceError(Exception):
    """Base of everything a service refuses.

    `message` is a sentence a person can act on; `code` names the kind of problem for programs and never changes.
    """

    code: ClassVar[str] = "invalid"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(ServiceError):
    """The thing does not exist, or the actor may not know that it does."""

    code = "not_found"


class Forbidden(ServiceError):
    """The actor lacks a permission."""

    code = "not_allowed"


class Invalid(ServiceError):
    """The input breaks a rule; `fields` maps a field's name to its own message."""

    code = "invalid"

    def __init__(self, message: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = fields or {}


class Conflicted(ServiceError):
    """Somebody else changed the same thing first; nothing was overwritten."""

    code = "conflict"


class Contradictory(ServiceError):
    """The input is well formed, but is not what was sent under the same key before; nothing was written."""

    code = "key_reused"


class Unavailable(ServiceError):
    """The engine did not answer in time; trying again is safe."""

    code = "unavailable"


class Throttled(ServiceError):
    """Too many tries, or too much at once; `seconds` is how long to wait before the next try can succeed."""

    code = "too_many_attempts"

    def __init__(
        self, seconds: int, why: str = "Too many attempts.", then: str = "Wait {wait}, then try again."
    ) -> None:
        unit = "second" if seconds == 1 else "seconds"
        wait = f"{seconds} {unit}" if seconds < 120 else f"{-(-seconds // 60)} minutes"
        super().__init__(f"{why} {then.format(wait=wait)}")
        self.seconds = seconds
