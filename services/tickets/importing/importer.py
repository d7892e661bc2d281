"""TicketImporter: writes tickets with their whole history, once, however often it is run."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from models import setting
from models.store_errors import AlreadyDone, EngineUnavailable, VersionMoved
from services.catalog import CatalogService
from services.errors import Unavailable
from services.tickets.assignment import AssignmentService
from services.tickets.audit import AuditService
from services.tickets.importing import references
from services.tickets.importing.chunk import ChunkBuilder, Standing
from services.tickets.importing.newcomers import Newcomers
from services.tickets.importing.references import Numbers, Reference
from services.tickets.importing.source import ImportedEvent, ImportedTicket, Reject
from services.tickets.writer import TicketWriter
from services.users.accounts import UserService

BATCH = 200  # tickets whose references, numbers and people are looked up together
WRITERS = 2  # one waits for the engine while the other prepares
ATTEMPTS = 12  # with pauses and the client's own retries about half a minute

T = TypeVar("T")
Clock = Callable[[], datetime]
Progress = Callable[[int], None]


class ImportStopped(Unavailable):
    """The engine gave no clear answer for too long; what was written stands, a new run goes on from it."""

    def __init__(self) -> None:
        super().__init__(
            "The engine does not answer or has no tables. Run the command again; it goes on where it stopped."
        )


@dataclass
class ImportResult:
    """What an import did; `kinds` counts the history items it wrote by kind."""

    tickets: int = 0
    events: int = 0
    known_tickets: int = 0
    known_events: int = 0
    refused_events: int = 0
    kinds: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Job:
    """One ticket to settle: the number it gets when it is new, what is remembered when it is not."""

    source: str
    ticket: ImportedTicket
    number: int
    known: Reference | None


class TicketImporter:
    """Brings tickets from elsewhere into the ledger; asks no workflow, since it happened as it happened."""

    def __init__(
        self,
        writer: TicketWriter,
        audit: AuditService,
        assignments: AssignmentService,
        users: UserService,
        catalog: CatalogService,
    ) -> None:
        self._writer, self._users, self._catalog = writer, users, catalog
        self._chunks = ChunkBuilder(audit, assignments)

    def origins(self) -> dict[int, str]:
        """Map the number of every imported ticket to the source it came from."""
        return references.origins()

    def run(
        self,
        *,
        source: str,
        tickets: Iterable[ImportedTicket],
        clock: Clock,
        reject: Reject,
        progress: Progress = lambda _: None,
    ) -> ImportResult:
        """Write what is not in the ledger yet, in the order of `tickets`; a second run changes nothing.

        `source` names the system that the refs belong to. `clock` tells the time of recording, `progress`
        is called with the number of events settled, `reject` with events that contradict what was
        imported before. Raises ImportStopped when the engine is away for too long.
        """
        result = ImportResult()
        try:
            with ThreadPoolExecutor(WRITERS, thread_name_prefix="import") as pool:
                for job, refused in self._settled(source, tickets, clock, pool):
                    _note(result, job, refused, reject)
                    progress(len(job.ticket.events))
        except (EngineUnavailable, VersionMoved) as error:
            raise ImportStopped from error
        return result

    def _settled(
        self, source: str, tickets: Iterable[ImportedTicket], clock: Clock, pool: ThreadPoolExecutor
    ) -> Iterator[tuple[_Job, str]]:
        numbers = Numbers(source)
        newcomers = Newcomers(self._users, self._catalog)
        walk = iter(tickets)
        while batch := list(itertools.islice(walk, BATCH)):
            jobs = self._patiently(lambda: self._prepare(source, batch, numbers, newcomers, clock()))
            yield from zip(jobs, pool.map(lambda job: self._settle(job, clock), jobs), strict=True)

    def _prepare(
        self,
        source: str,
        batch: Sequence[ImportedTicket],
        numbers: Numbers,
        newcomers: Newcomers,
        now: datetime,
    ) -> list[_Job]:
        """Look up what is known, bring who is new, and give out numbers in the order of the batch."""
        known = references.find_many(source, [ticket.ref for ticket in batch])
        newcomers.upsert(batch, now=now)
        given = numbers.give([ticket.ref for ticket in batch if ticket.ref not in known])
        return [_Job(source, ticket, given.get(ticket.ref, 0), known.get(ticket.ref)) for ticket in batch]

    def _settle(self, job: _Job, clock: Clock) -> str:
        """Write what is missing of one ticket; returns why its events were refused, "" when they were not."""
        known, source, ref = job.known, job.source, job.ticket.ref
        for attempt in range(ATTEMPTS):
            try:
                if attempt:
                    known = references.find(source, ref)
                return self._write(job, known, clock)
            except (VersionMoved, AlreadyDone, EngineUnavailable):
                self._writer.pause(attempt)
        raise EngineUnavailable(f"gave up on {ref}")

    def _write(self, job: _Job, known: Reference | None, clock: Clock) -> str:
        events = job.ticket.events
        reference = known or Reference(job.number, 0, "")
        if known and known.events <= len(events) and references.chain(events[: known.events]) != known.digest:
            return f"the rows of {job.ticket.ref} are not those imported before"
        if reference.events >= len(events):
            return ""
        standing = self._standing(reference)
        while rest := events[reference.events :]:
            first = reference.events == 0
            standing, reference = self._write_chunk(job, standing, rest, reference, clock(), first=first)
        return ""

    def _write_chunk(
        self,
        job: _Job,
        standing: Standing,
        rest: Sequence[ImportedEvent],
        reference: Reference,
        now: datetime,
        *,
        first: bool,
    ) -> tuple[Standing, Reference]:
        chunk = self._chunks.build(standing, rest, recorded_at=now, write_id=self._writer.new_id())
        before, reference = reference, reference.then(rest[: len(chunk.history)])
        item = reference.item(job.source, job.ticket.ref)
        # A new reference is written once, so that two imports at a time make one ticket. A further one follows the one
        # that was read: the ticket may have been read later, when a request that was given up had arrived.
        self._writer.store(
            standing.ticket_id,
            standing.version,
            chunk.fields,
            chunk.history,
            also=[
                *chunk.assignment_periods,
                setting.first(item) if first else setting.following(item, before.value()),
            ],
        )
        return chunk.after, reference

    def _standing(self, reference: Reference) -> Standing:
        if not reference.events:
            return Standing(reference.ticket_id, 0, None)
        ticket = self._writer.load(reference.ticket_id)
        return Standing(ticket.ticket_id, ticket.version, ticket)

    def _patiently(self, ask: Callable[[], T]) -> T:
        """Ask the engine again while it gives no clear answer; everything asked this way may be repeated."""
        for attempt in range(ATTEMPTS):
            try:
                return ask()
            except (EngineUnavailable, VersionMoved):
                self._writer.pause(attempt)
        return ask()


def _note(result: ImportResult, job: _Job, refused: str, reject: Reject) -> None:
    events = job.ticket.events
    known = min(job.known.events, len(events)) if job.known else 0
    if refused:
        result.refused_events += len(events)
        for event in events:
            reject(event.line, refused)
        return
    result.known_tickets += job.known is not None
    result.tickets += job.known is None
    result.known_events += known
    result.events += len(events) - known
    result.kinds.update(event.kind for event in events[known:])
