"""What the tickets domain refuses."""

from dataclasses import dataclass
from typing import Any

from services.errors import Conflicted, Invalid, NotFound


class TicketNotFound(NotFound):
    """No such ticket, or the actor may not know that it exists."""

    def __init__(self) -> None:
        super().__init__("There is no such ticket, or it is not yours to see.")


@dataclass(frozen=True)
class Clash:
    """One field that two people changed: what it was, what is saved now, what the second one wanted."""

    field: str
    old: Any
    theirs: Any
    yours: Any


class Conflict(Conflicted):
    """Somebody else changed the same fields since version `seen`; nothing was overwritten.

    `version` is the saved one, `by` the person who made it; `kept` are the wanted changes that do not
    clash and would go through.
    """

    def __init__(self, *, clashes: list[Clash], seen: int, version: int, by: str) -> None:
        super().__init__("Someone changed this while you were editing. Nothing was overwritten.")
        self.clashes, self.seen, self.version, self.by = clashes, seen, version, by


class NotAllowedNow(Invalid):
    """The workflow does not allow this step from the ticket's present status."""


class TooBusy(Conflicted):
    """The ticket is being changed so often that the write did not get through; trying again is safe."""

    def __init__(self) -> None:
        super().__init__("Many people are changing this ticket right now. Nothing was saved. Try again.")
