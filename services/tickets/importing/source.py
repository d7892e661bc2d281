"""What an import brings: tickets with their events, whatever system they come from."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

Reject = Callable[[int, str], None]
"""Called with the line number of a row that is left out, and the reason."""


@dataclass(frozen=True, slots=True)
class ImportedEvent:
    """One change of a ticket as its source tells it; becomes exactly one history item.

    `values` are the fields that differ after this event (None: cleared), `custom.NAME` and the source's
    own figures for derived fields (reopens, first_response_at ...) included; times in them are text as
    models.times writes it. `line` is its place in the source, for messages. `mark` is text that tells
    this event from another version of it, so that a later import notices a rewritten past.
    """

    at: datetime
    actor_id: str
    actor_kind: str
    kind: str
    values: Mapping[str, Any]
    public: bool = False
    body: str | None = None
    line: int = 0
    mark: str = ""


@dataclass(frozen=True, slots=True)
class ImportedTicket:
    """One ticket of a source with all its events in order, and the people and places it names.

    `ref` is its name there and never changes. `people` maps ids to (name, role), `teams` and
    `categories` map ids to names; what is known already stays as it is.
    """

    ref: str
    events: Sequence[ImportedEvent]
    people: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a file: its number (the header is line 1) and its cells by column, or why it has none."""

    line: int
    cells: Mapping[str, str]
    fault: str = ""


class ImportMapping(Protocol):
    """How the rows of one kind of file become tickets."""

    @property
    def name(self) -> str:
        """Return the name people choose it by; also the name of the source that references belong to."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns a file must have, no more and no less, in any order."""

    def tickets(self, rows: Iterable[Row], reject: Reject, *, now: datetime) -> Iterator[ImportedTicket]:
        """Turn rows into tickets in file order; every row ends in an event or goes to `reject`.

        What is later than `now` cannot have happened and is rejected.
        """
