"""What the tickets domain refuses."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.errors import Conflicted, Invalid, NotFound


class TicketNotFound(NotFound):
    """No such ticket, or the actor may not know that it exists."""

    def __init__(self) -> None:
        super().__init__("This ticket does not exist, or you do not have access to it.")


@dataclass(frozen=True)
class FieldConflict:
    """One field that two people changed: what it was, what is saved now, what the second one submitted."""

    field: str
    old: Any
    current: Any
    submitted: Any


class Conflict(Conflicted):
    """Somebody else changed the same fields since version `expected_version`; nothing was overwritten.

    `version` is the saved one, `by` and `at` say who last changed a field in conflict, and when.
    `submitted_only` and `current_only` are the changes without a conflict: field -> (old, new).
    """

    code = "version_conflict"

    def __init__(
        self,
        *,
        field_conflicts: list[FieldConflict],
        expected_version: int,
        version: int,
        by: str,
        at: datetime,
        submitted_only: dict[str, tuple[Any, Any]],
        current_only: dict[str, tuple[Any, Any]],
    ) -> None:
        super().__init__("Someone changed this while you were editing. Nothing was overwritten.")
        self.field_conflicts, self.expected_version, self.version, self.by, self.at = (
            field_conflicts,
            expected_version,
            version,
            by,
            at,
        )
        self.submitted_only, self.current_only = submitted_only, current_only


class ChangedSince(Conflicted):
    """Fields of a change that was to be undone were changed since; `fields` maps each to who did that."""

    code = "changed_since"

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("This has been changed since. Nothing was undone.")
        self.fields = fields


class AlreadyUndone(Conflicted):
    """Somebody undid this change before; it is undone once."""

    code = "already_undone"

    def __init__(self) -> None:
        super().__init__("Already undone.")


class NotAllowedNow(Invalid):
    """The workflow does not allow this step from the ticket's present status."""

    code = "transition_not_allowed"


class TooBusy(Conflicted):
    """The ticket is being changed so often that the write did not get through; trying again is safe."""

    code = "too_busy"

    def __init__(self) -> None:
        super().__init__("Many people are changing this ticket right now. Nothing was saved. Try again.")
