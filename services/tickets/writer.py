"""Writing a change through: read, rebase, commit, and again when somebody was faster."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from models import counter, ledger
from models import ticket as ticket_table
from models.attempt import CountFull
from models.idempotency_key import IdempotencyKey
from models.store_errors import AlreadyDone, EngineUnavailable, VersionMoved
from models.ticket_fields import TicketFields
from models.ticket_history import TicketHistory
from models.transaction import Also
from services.errors import Conflicted, Invalid, Unavailable
from services.idempotency import RequestKey, StillInProgress
from services.tickets.assignment import AssignmentService
from services.tickets.audit import AuditService
from services.tickets.consequences import Consequences, TicketChange
from services.tickets.fields import CHANGED_BY_PEOPLE, DERIVED, JsonFields, evolve, to_json
from services.tickets.opening_limit import OpeningLimit
from services.tickets.ticket import Ticket
from services.tickets.ticket_errors import Conflict, FieldConflict, TicketNotFound, TooBusy
from services.users.identity import Actor

ATTEMPTS = 12


@dataclass(frozen=True)
class Draft:
    """One change before it is written: new values as the ledger writes them, and the message with it."""

    kind: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    body: str | None = None
    public: bool = False
    undoes: int | None = None
    also: Also = ()  # what is written with it


@dataclass(frozen=True)
class Author:
    """Who writes when; a second request with the same `request_key` writes nothing."""

    actor: Actor
    now: datetime
    request_key: RequestKey | None = None

    @classmethod
    def of(cls, actor: Actor, now: datetime, idempotency_key: str | None, *request: object) -> Self:
        """Bind a key to the actor and the input: the same key with other input raises KeyReused."""
        bound = None if idempotency_key is None else RequestKey.of(actor, now, idempotency_key, request)
        return cls(actor, now, bound)


class TicketWriter:
    """Turns drafts into ledger transactions; the only writer of tickets."""

    def __init__(
        self,
        *,
        audit: AuditService,
        assignments: AssignmentService,
        consequences: Consequences,
        opening_limit: OpeningLimit,
        new_id: Callable[[], str],
        pause: Callable[[int], None],
        shards: int,
    ) -> None:
        self._audit, self._assignments, self._consequences = audit, assignments, consequences
        self._opening_limit = opening_limit
        self.new_id, self.pause, self._shards = new_id, pause, shards

    def create(self, author: Author, draft: Draft) -> Ticket:
        """Write version 1 of a new ticket; a repeated request gives the ticket written the first time.

        The key is claimed before a number is given out, so that a repeated request burns none. Raises
        TooManyTickets.
        """
        write_id, key = self.new_id(), author.request_key
        try:
            done = key.claim(write_id, self.pause) if key is not None else None
            if done is not None:
                return self.load(int(done["ticket_id"]))
            try:
                self._opening_limit.check(author.actor, author.now)
                return self._create(counter.next_number("tickets"), author, draft, write_id)
            except BaseException:
                if key is not None:
                    key.release(write_id)
                raise
        except EngineUnavailable as error:
            raise unavailable() from error

    def _create(self, ticket_id: int, author: Author, draft: Draft, write_id: str) -> Ticket:
        for attempt in range(ATTEMPTS):
            try:
                return self._commit(ticket_id, None, author, draft, write_id)
            except VersionMoved:
                self.pause(attempt)
            except CountFull as full:
                raise self._opening_limit.refused(author.actor, author.now) from full
            except AlreadyDone as done:  # the claim was taken for one that broke off
                raise StillInProgress from done
        raise TooBusy

    def change(self, ticket_id: int, author: Author, prepare: Callable[[Ticket], Draft | None]) -> Ticket:
        """Write one change on top of whatever the ticket is by then.

        `prepare` gets the stored ticket and returns the draft to write, None for nothing to do; it
        is called again after each lost race and raises Conflict when the races touched the same field.
        """
        write_id, tried = self.new_id(), 0
        try:
            for attempt in range(ATTEMPTS):
                ticket = self.load(ticket_id)
                if 0 < tried < ticket.version and ledger.is_written(ticket_id, tried + 1, write_id):
                    # A request that was given up arrived after all.
                    return replace(ticket, written_as=tried + 1)
                draft = self._prepared(prepare, ticket, author.request_key)
                if draft is None:
                    return self._as_before(ticket, author.request_key)
                try:
                    tried = ticket.version
                    return self._commit(ticket_id, ticket, author, draft, write_id)
                except VersionMoved:
                    self.pause(attempt)
                except AlreadyDone:
                    if author.request_key is not None and author.request_key.recorded() is not None:
                        return self._as_before(self.load(ticket_id), author.request_key)
                    self.pause(attempt)
        except EngineUnavailable as error:
            raise unavailable() from error
        raise TooBusy

    def _prepared(
        self, prepare: Callable[[Ticket], Draft | None], ticket: Ticket, key: RequestKey | None
    ) -> Draft | None:
        """Prepare the draft; a request that was written before is not refused for what happened since."""
        try:
            draft = prepare(ticket)
        except (Conflicted, Invalid):
            if key is not None and key.recorded() is not None:
                return None
            raise
        return draft

    @staticmethod
    def _as_before(ticket: Ticket, key: RequestKey | None) -> Ticket:
        """Return the ticket for a request that writes nothing, because it changes nothing or was carried out before."""
        # Another request that changes nothing now is refused all the same.
        recorded = key.recorded() if key is not None else None
        return replace(ticket, written_as=recorded.get("version")) if recorded else ticket

    def rebase(self, ticket: Ticket, expected_version: int, changes: Mapping[str, Any]) -> JsonFields:
        """Pick the changes that still change something; raises Conflict naming every field in conflict.

        A field left as it was at version `expected_version` does not count, so forms may send them all.
        """
        if expected_version > ticket.version:
            raise Invalid(
                "This refers to a version that does not exist yet. Nothing was changed. Read it again."
            )
        since = self._since(ticket, expected_version)
        touched, saved = _before(since), to_json(ticket)
        effective: JsonFields = {}
        field_conflicts = []
        for name, submitted in changes.items():
            old, current = touched.get(name, saved.get(name)), saved.get(name)
            if submitted in (old, current):
                continue
            effective[name] = submitted
            if current != old:
                field_conflicts.append(FieldConflict(name, old, current, submitted))
        if not field_conflicts:
            return effective
        in_conflict = {field_conflict.field for field_conflict in field_conflicts}
        last = next(event for event in reversed(since) if in_conflict & event.changes.keys())
        raise Conflict(
            field_conflicts=field_conflicts,
            expected_version=expected_version,
            version=ticket.version,
            by=last.actor_id,
            at=last.at,
            submitted_only={n: (saved.get(n), v) for n, v in effective.items() if n not in in_conflict},
            current_only={
                name: (old, saved.get(name))
                for name, old in touched.items()
                if name in CHANGED_BY_PEOPLE and name not in in_conflict and saved.get(name) != old
            },
        )

    def load(self, ticket_id: int) -> Ticket:
        """Read a ticket strongly; raises TicketNotFound."""
        item = ticket_table.find(ticket_id) if 0 < ticket_id < 10**15 else None
        if item is None:
            raise TicketNotFound
        return Ticket.from_model(item)

    def _since(self, ticket: Ticket, expected_version: int) -> list[TicketHistory]:
        if ticket.version <= expected_version:
            return []
        return self._audit.changed_since(ticket_id=ticket.ticket_id, version=expected_version)

    def _commit(
        self, ticket_id: int, before: Ticket | None, author: Author, draft: Draft, write_id: str
    ) -> Ticket:
        actor, now, expected_version = author.actor, author.now, before.version if before else 0
        # A ticket's own time never runs backwards, though clocks differ and the slower writer may win.
        at, version = max(now, before.updated_at) if before else now, expected_version + 1
        # Who asked is not answered by what they add themselves, even when they work on the desk.
        own = before is not None and actor.user_id == before.requester_id
        replied = draft.kind == "replied" and actor.kind == "agent" and not own
        after = evolve(before, draft.changes, at=at, version=version, public_reply_by_agent=replied)
        event = self._audit.record(
            ticket_id=ticket_id,
            version=version,
            actor=actor,
            at=at,
            recorded_at=now,
            kind=draft.kind,
            public=draft.public,
            body=draft.body,
            before=before,
            after=after,
            write_id=write_id,
            undoes=draft.undoes,
        )
        assignment_periods = self._assignments.assignment_periods(ticket_id, before, after, at)
        consequences = self._consequences.of(TicketChange(actor, now, before, after, event))
        opened = self._opening_limit.counted(actor, now) if before is None else ()
        item = self.store(
            ticket_id,
            expected_version,
            after,
            [event],
            also=[*assignment_periods, *consequences, *draft.also, *opened],
            idempotency_key=author.request_key.used(ticket_id=ticket_id, version=version)
            if author.request_key is not None
            else None,
        )
        wrote = frozenset(event.changes.keys() - set(DERIVED))
        return replace(Ticket.from_model(item), wrote=wrote, written_as=version)

    def store(
        self,
        ticket_id: int,
        expected_version: int,
        after: TicketFields,
        events: Sequence[TicketHistory],
        *,
        also: Also = (),
        idempotency_key: IdempotencyKey | None = None,
    ) -> ticket_table.Ticket:
        """Commit the events that follow version `expected_version` and end in `after`; raises the models' errors."""
        last = events[-1]
        item = ticket_table.compose(
            ticket_id=ticket_id,
            version=int(last.version),
            updated_at=last.at,
            fields=after,
            shards=self._shards,
        )
        ledger.write(
            ledger.Commit(item, expected_version, events, also=also, idempotency_key=idempotency_key)
        )
        return item


def _before(history: Sequence[TicketHistory]) -> JsonFields:
    """Map each field that a stretch of history changed to its value before it."""
    before: JsonFields = {}
    for event in history:
        for name, (old, _) in event.changes.items():
            before.setdefault(name, old)
    return before


def unavailable() -> Unavailable:
    """Say that the engine gave no clear answer."""
    return Unavailable("We cannot reach your tickets right now. Nothing was lost. Try again in a moment.")
