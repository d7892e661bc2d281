"""What an import remembers: which ticket a source's ticket became, and how many of its events are in."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Self

from models import counter, setting
from models.setting import Setting
from services.tickets.importing.source import ImportedEvent

PARTITIONS = 16  # so that a large import does not write to one partition


@dataclass(frozen=True, slots=True)
class Reference:
    """What stands in the ledger of one source ticket: `digest` sums up the events that are in."""

    ticket_id: int
    events: int
    digest: str

    @classmethod
    def from_value(cls, value: Mapping[str, object]) -> Self:
        """Read the stored form."""
        return cls(int(str(value["ticket_id"])), int(str(value["events"])), str(value["digest"]))

    def value(self) -> dict[str, Any]:
        """Return the stored form."""
        return {"ticket_id": self.ticket_id, "events": self.events, "digest": self.digest}

    def item(self, source: str, ref: str) -> Setting:
        """Build the item to store."""
        kind, id_ = _key(source, ref)
        return Setting(kind=kind, id=id_, value=self.value())

    def then(self, events: Sequence[ImportedEvent]) -> "Reference":
        """Return the reference after these further events."""
        return Reference(self.ticket_id, self.events + len(events), chain(events, self.digest))


def chain(events: Iterable[ImportedEvent], digest: str = "") -> str:
    """Sum up events in their order, going on from an earlier sum."""
    for event in events:
        digest = blake2b(f"{digest}\n{event.mark}".encode(), digest_size=8).hexdigest()
    return digest


def find_many(source: str, refs: Sequence[str]) -> dict[str, Reference]:
    """Read what is remembered of several source tickets; unknown ones are left out."""
    items = setting.find_many(_key(source, ref) for ref in dict.fromkeys(refs))
    return {item.id: Reference.from_value(item.value) for item in items}


def find(source: str, ref: str) -> Reference | None:
    """Read what is remembered of one source ticket; None when it is unknown."""
    item = setting.find(*_key(source, ref))
    return Reference.from_value(item.value) if item is not None else None


def origins() -> dict[int, str]:
    """Map the number of every imported ticket to the source it came from."""
    references: dict[int, str] = {}
    for noted in setting.of_kind("import"):
        for partition in range(PARTITIONS):
            for item in setting.of_kind(f"external_ref#{noted.id}#{partition}"):
                references[int(str(item.value["ticket_id"]))] = noted.id
    return references


def _key(source: str, ref: str) -> tuple[str, str]:
    return f"external_ref#{source}#{zlib.crc32(ref.encode()) % PARTITIONS}", ref


class Numbers:
    """Gives ticket numbers to the tickets of a source, the same ones when an import goes on after a crash."""

    def __init__(self, source: str) -> None:
        """Take up the numbers an interrupted import had given out but not used."""
        self._source = source
        noted = setting.find("import", source)
        self._given: dict[str, int] = dict(noted.value["numbers"]) if noted is not None else {}

    def give(self, refs: Sequence[str]) -> dict[str, int]:
        """Give each ref a number, in this order; raises EngineUnavailable when others keep taking numbers."""
        given = {ref: self._given[ref] for ref in refs if ref in self._given}
        fresh = [ref for ref in refs if ref not in given]
        if fresh:
            given = self._reserve(given, fresh)
        self._given = given
        return given

    def _reserve(self, given: Mapping[str, int], fresh: Sequence[str]) -> dict[str, int]:
        numbers: dict[str, int] = {}

        def note(first: int) -> Setting:
            numbers.update(given)
            numbers.update(zip(fresh, range(first, first + len(fresh)), strict=True))
            return Setting(kind="import", id=self._source, value={"numbers": numbers})

        counter.reserve("tickets", len(fresh), note)
        return numbers
