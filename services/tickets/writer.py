"""Writing a change through: read, rebase, commit, and again when somebody was faster."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from models import ledger
from models import ticket as ticket_table
from models.connection import LeanModel
from models.errors import AlreadyDone, EngineUnavailable, VersionMoved
from models.setting import Setting
from models.ticket import Ticket as TicketItem
from models.ticket_history import TicketHistory
from services.errors import Unavailable
from services.tickets.assignment import AssignmentService
from services.tickets.audit import AuditService
from services.tickets.errors import Clash, Conflict, TicketNotFound, TooBusy
from services.tickets.fields import BUSINESS, Fields, evolve, fields_of
from services.tickets.ticket import Ticket
from services.users import Actor

ATTEMPTS = 12
REMEMBER = timedelta(days=2)


@dataclass(frozen=True)
class Draft:
    """One change before it is written: what is wanted, and what is said along with it."""

    kind: str
    wanted: Mapping[str, Any] = field(default_factory=dict)
    body: str | None = None
    public: bool = False


@dataclass(frozen=True)
class Author:
    """Who writes when; `once` is a key under which a second arrival of the same wish writes nothing."""

    actor: Actor
    now: datetime
    once: str | None = None


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

    def create(self, ticket_id: int, author: Author, draft: Draft) -> Ticket:
        """Write version 1 of a new ticket; the same `once` key gives the ticket written the first time."""
        try:
            return self._commit(ticket_id, 0, {}, author, draft)
        except AlreadyDone as done:
            return self.load(int(str(done.value["ticket_id"])))[0]
        except EngineUnavailable as error:
            raise unavailable() from error

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
                draft = prepare(item, fields)
                if draft is None:
                    return ticket
                try:
                    return self._commit(ticket_id, ticket.version, fields, author, draft)
                except VersionMoved:
                    self.pause(attempt)
                except AlreadyDone:
                    return self.load(ticket_id)[0]
        except EngineUnavailable as error:
            raise unavailable() from error
        raise TooBusy

    def rebase(self, item: TicketItem, fields: Fields, seen: int, wanted: Mapping[str, Any]) -> Fields:
        """Keep the wanted changes that are still changes; raises Conflict naming every field that clashes.

        A field the writer left as it was at version `seen` is not a wish, so forms may send them all.
        """
        since = self._since(item, seen)
        touched = _before(since)
        kept: Fields = {}
        clashes = []
        for name, yours in wanted.items():
            old, theirs = touched.get(name, fields.get(name)), fields.get(name)
            if yours in (old, theirs):
                continue
            kept[name] = yours
            if theirs != old:
                clashes.append(Clash(name, old, theirs, yours))
        if not clashes:
            return kept
        clashing = {clash.field for clash in clashes}
        raise Conflict(
            clashes=clashes,
            seen=seen,
            version=int(item.version),
            by=since[-1].actor_id,
            at=since[-1].at,
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

    def _since(self, item: TicketItem, seen: int) -> list[TicketHistory]:
        if int(item.version) <= seen:
            return []
        return self._audit.changed_since(ticket_id=int(item.ticket_id), version=seen)

    def _commit(self, ticket_id: int, seen: int, before: Fields, author: Author, draft: Draft) -> Ticket:
        actor, now, version = author.actor, author.now, seen + 1
        replied = draft.kind == "replied" and actor.kind == "agent"
        after = evolve(before, draft.wanted, at=now, version=version, public_reply_by_agent=replied)
        event = self._audit.record(
            ticket_id=ticket_id,
            version=version,
            actor=actor,
            at=now,
            recorded_at=now,
            kind=draft.kind,
            public=draft.public,
            body=draft.body,
            before=before,
            after=after,
            write_id=self.new_id(),
        )
        stints = self._assignments.stints(ticket_id, before, after, now)
        once = author.once and ledger.once_key(author.once, {"ticket_id": ticket_id}, now + REMEMBER)
        return Ticket.from_model(self.store(ticket_id, seen, after, [event], also=stints, once=once or None))

    def store(
        self,
        ticket_id: int,
        seen: int,
        after: Fields,
        events: Sequence[TicketHistory],
        *,
        also: Sequence[LeanModel] = (),
        once: Setting | None = None,
    ) -> TicketItem:
        """Commit the events that follow version `seen` and end in `after`; raises the models' errors."""
        last = events[-1]
        item = ticket_table.compose(ticket_id, int(last.version), last.at, after, self._shards)
        ledger.write(ledger.Commit(item, seen, events, also=also, once=once))
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
