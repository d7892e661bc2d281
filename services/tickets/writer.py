"""Writing a change through: read, rebase, commit, and again when somebody was faster."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Self

from models import counter, idempotency_key, ledger
from models import ticket as ticket_table
from models.errors import AlreadyDone, EngineUnavailable, VersionMoved
from models.idempotency_key import IdempotencyKey
from models.ticket import Ticket as TicketItem
from models.ticket_history import TicketHistory
from models.transaction import Also
from services.errors import Conflicted, Invalid, Unavailable
from services.tickets.assignment import AssignmentService
from services.tickets.audit import AuditService
from services.tickets.fields import BUSINESS, DERIVED, Fields, evolve, fields_of
from services.tickets.ticket import Ticket
from services.tickets.ticket_errors import Conflict, FieldConflict, TicketNotFound, TooBusy
from services.users.identity import Actor

ATTEMPTS = 12
REMEMBER = timedelta(days=2)


@dataclass(frozen=True)
class Draft:
    """One change before it is written: what is wanted, and what is said along with it."""

    kind: str
    wanted: Mapping[str, Any] = field(default_factory=dict)
    body: str | None = None
    public: bool = False
    undoes: int | None = None


@dataclass(frozen=True)
class Author:
    """Who writes when; `idempotency_key` is a key under which a second arrival of the same wish writes nothing."""

    actor: Actor
    now: datetime
    idempotency_key: str | None = None

    @classmethod
    def of(cls, actor: Actor, now: datetime, idempotency_key: str | None, *wish: object) -> Self:
        """Bind a key to who wishes what: a form sent again with other words is another wish."""
        if idempotency_key is None:
            return cls(actor, now)
        return cls(actor, now, sha256(repr((actor.user_id, idempotency_key, *wish)).encode()).hexdigest())


class TicketWriter:
    """Turns drafts into ledger transactions; the only writer of tickets."""

    def __init__(
        self,
        *,
        audit: AuditService,
        assignments: AssignmentService,
        new_id: Callable[[], str],
        pause: Callable[[int], None],
        shards: int,
    ) -> None:
        self._audit, self._assignments = audit, assignments
        self.new_id, self.pause, self._shards = new_id, pause, shards

    def create(self, author: Author, draft: Draft) -> Ticket:
        """Write version 1 of a new ticket; the same `idempotency_key` key gives the ticket written the first time."""
        try:
            ticket_id = counter.next_number("tickets")
            for attempt in range(ATTEMPTS):
                try:
                    return self._commit(ticket_id, None, {}, author, draft)
                except VersionMoved:  # the same wish is being written at this very moment
                    self.pause(attempt)
                except AlreadyDone as done:
                    return self.load(int(str(done.value["ticket_id"])))[0]
        except EngineUnavailable as error:
            raise unavailable() from error
        raise TooBusy

    def change(
        self, ticket_id: int, author: Author, prepare: Callable[[TicketItem, Fields], Draft | None]
    ) -> Ticket:
        """Write one change on top of whatever the ticket is by then.

        `prepare` sees the stored ticket and answers with the draft to write, None for nothing to do; it
        is asked again after each lost race and raises Conflict when the races touched the same field.
        """
        try:
            for attempt in range(ATTEMPTS):
                ticket, item = self.load(ticket_id)
                fields = fields_of(item)
                draft = self._asked(prepare, item, fields, author)
                if draft is None:
                    return ticket
                try:
                    return self._commit(ticket_id, item, fields, author, draft)
                except VersionMoved:
                    self.pause(attempt)
                except AlreadyDone:
                    return self.load(ticket_id)[0]
        except EngineUnavailable as error:
            raise unavailable() from error
        raise TooBusy

    def _asked(
        self,
        prepare: Callable[[TicketItem, Fields], Draft | None],
        item: TicketItem,
        fields: Fields,
        author: Author,
    ) -> Draft | None:
        """Ask for the draft; a wish that was granted before is not refused for what happened since."""
        try:
            return prepare(item, fields)
        except (Conflicted, Invalid):
            if author.idempotency_key is not None and idempotency_key.is_used(author.idempotency_key):
                return None
            raise

    def rebase(
        self, item: TicketItem, fields: Fields, expected_version: int, wanted: Mapping[str, Any]
    ) -> Fields:
        """Keep the wanted changes that are still changes; raises Conflict naming every field that clashes.

        A field the writer left as it was at version `expected_version` is not a wish, so forms may send them all.
        """
        if expected_version > item.version:
            raise Invalid("This form names a version that the ticket has not reached. Load the page again.")
        since = self._since(item, expected_version)
        touched = _before(since)
        kept: Fields = {}
        field_conflicts = []
        for name, yours in wanted.items():
            old, theirs = touched.get(name, fields.get(name)), fields.get(name)
            if yours in (old, theirs):
                continue
            kept[name] = yours
            if theirs != old:
                field_conflicts.append(FieldConflict(name, old, theirs, yours))
        if not field_conflicts:
            return kept
        clashing = {field_conflict.field for field_conflict in field_conflicts}
        theirs_last = next(event for event in reversed(since) if clashing & event.changes.keys())
        raise Conflict(
            field_conflicts=field_conflicts,
            expected_version=expected_version,
            version=int(item.version),
            by=theirs_last.actor_id,
            at=theirs_last.at,
            yours_only={n: (fields.get(n), v) for n, v in kept.items() if n not in clashing},
            theirs_only={
                name: (old, fields.get(name))
                for name, old in touched.items()
                if name in BUSINESS and name not in clashing and fields.get(name) != old
            },
        )

    def load(self, ticket_id: int) -> tuple[Ticket, TicketItem]:
        """Read a ticket strongly; raises TicketNotFound."""
        item = ticket_table.find(ticket_id) if 0 < ticket_id < 10**15 else None
        if item is None:
            raise TicketNotFound
        return Ticket.from_model(item), item

    def _since(self, item: TicketItem, expected_version: int) -> list[TicketHistory]:
        if int(item.version) <= expected_version:
            return []
        return self._audit.changed_since(ticket_id=int(item.ticket_id), version=expected_version)

    def _commit(
        self, ticket_id: int, item: TicketItem | None, before: Fields, author: Author, draft: Draft
    ) -> Ticket:
        actor, now, expected_version = author.actor, author.now, int(item.version) if item else 0
        # A ticket's own time never runs backwards, though clocks differ and the slower writer may win.
        at, version = max(now, item.updated_at) if item else now, expected_version + 1
        # Who asked is not answered by what they add themselves, even when they work on the desk.
        own = actor.user_id == before.get("requester_id")
        replied = draft.kind == "replied" and actor.kind == "agent" and not own
        after = evolve(before, draft.wanted, at=at, version=version, public_reply_by_agent=replied)
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
            write_id=self.new_id(),
            undoes=draft.undoes,
        )
        assignment_periods = self._assignments.assignment_periods(ticket_id, before, after, at)
        used = author.idempotency_key and IdempotencyKey(
            key=author.idempotency_key, value={"ticket_id": ticket_id}, expires_at=now + REMEMBER
        )
        item = self.store(
            ticket_id,
            expected_version,
            after,
            [event],
            also=assignment_periods,
            idempotency_key=used or None,
        )
        return replace(Ticket.from_model(item), wrote=frozenset(event.changes.keys() - set(DERIVED)))

    def store(
        self,
        ticket_id: int,
        expected_version: int,
        after: Fields,
        events: Sequence[TicketHistory],
        *,
        also: Also = (),
        idempotency_key: IdempotencyKey | None = None,
    ) -> TicketItem:
        """Commit the events that follow version `expected_version` and end in `after`; raises the models' errors."""
        last = events[-1]
        item = ticket_table.compose(ticket_id, int(last.version), last.at, after, self._shards)
        ledger.write(
            ledger.Commit(item, expected_version, events, also=also, idempotency_key=idempotency_key)
        )
        return item


def _before(history: Sequence[TicketHistory]) -> Fields:
    """Map each field that a stretch of history changed to its value before it."""
    before: Fields = {}
    for event in history:
        for name, (old, _) in event.changes.items():
            before.setdefault(name, old)
    return before


def unavailable() -> Unavailable:
    """Say that the engine gave no clear answer."""
    return Unavailable("We cannot reach your tickets right now. Nothing was lost. Try again in a moment.")
