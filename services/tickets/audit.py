"""The history of tickets: writing a change down, reading it back, and checking that nothing is missing."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from dataclasses import fields as dataclass_fields
from datetime import datetime

from models import ticket as ticket_table
from models import ticket_history
from models.ticket import Ticket as TicketItem
from models.ticket import is_keyed
from models.ticket_fields import TicketFields
from models.ticket_history import TicketHistory, feed_keys
from services.tickets.fields import BrokenLedger, diff, fold, state_of
from services.tickets.ticket import Event, Ticket
from services.tickets.ticket_errors import TicketNotFound
from services.users.identity import Actor

MAX_SHOWN = 100  # violations kept word for word; all are counted


@dataclass
class Verification:
    """The result of a check of the whole ledger."""

    tickets: int = 0
    history_items: int = 0
    violations: int = 0
    shown: list[str] = field(default_factory=list)
    by_origin: dict[str, tuple[int, int]] = field(default_factory=dict)

    def count(self, history: int, origin: str | None) -> None:
        """Count a ticket's history items, and both for the import it came from."""
        self.history_items += history
        if origin is not None:
            tickets, items = self.by_origin.get(origin, (0, 0))
            self.by_origin[origin] = (tickets + 1, items + history)

    def fail(self, ticket_id: int, message: str) -> None:
        """Count a violation and keep its words while there is room."""
        self.violations += 1
        if len(self.shown) < MAX_SHOWN:
            self.shown.append(f"ticket {ticket_id}: {message}")


class AuditService:
    """Writes the ledger's items and checks the invariant: version N has exactly N gapless items."""

    def __init__(self, feed_shards: int) -> None:
        self._shards = feed_shards

    def record(
        self,
        *,
        ticket_id: int,
        version: int,
        actor: Actor,
        at: datetime,
        recorded_at: datetime,
        kind: str,
        public: bool,
        body: str | None,
        before: TicketFields | None,
        after: TicketFields,
        write_id: str,
        undoes: int | None = None,
    ) -> TicketHistory:
        """Build the history item of one change, which the ledger transaction stores; raises ViewingOnly."""
        actor.check_not_viewing()
        return TicketHistory(
            ticket_id=ticket_id,
            version=version,
            at=at,
            actor_id=actor.user_id,
            actor_kind=actor.kind,
            kind=kind,
            public=public,
            body=body,
            changes=diff(before, after),
            state=state_of(after),
            write_id=write_id,
            undoes=undoes,
            **feed_keys(ticket_id, version, recorded_at, self._shards),
        )

    def events(self, *, ticket_id: int, public_only: bool) -> list[Event]:
        """List a ticket's changes, oldest first; only what was said in public when `public_only`.

        A public message may carry changes along, such as an assignment; those stay internal.
        """
        events = [Event.from_model(item) for item in ticket_history.of_ticket(ticket_id)]
        if public_only:
            return [replace(event, changes={}) for event in events if event.public]
        undone = {event.undoes: event.version for event in events if event.undoes is not None}
        return [replace(e, undone_by=undone[e.version]) if e.version in undone else e for e in events]

    def as_of(self, *, ticket_id: int, version: int | None, moment: datetime | None) -> Ticket:
        """Fold a ticket up to a version or a moment; raises TicketNotFound when it had none by then."""
        history = [
            item
            for item in ticket_history.of_ticket(ticket_id)
            if (version is None or item.version <= version) and (moment is None or item.at <= moment)
        ]
        if not history or (version is not None and int(history[-1].version) < version and moment is None):
            raise TicketNotFound
        *_, fields = fold(item.changes for item in history)
        last = history[-1]
        values = {each.name: getattr(fields, each.name) for each in dataclass_fields(TicketFields)}
        return Ticket(ticket_id=ticket_id, version=int(last.version), updated_at=last.at, **values)

    def changed_since(self, *, ticket_id: int, version: int) -> list[TicketHistory]:
        """List the raw changes after a version, oldest first."""
        return ticket_history.of_ticket(ticket_id, after=version)

    def verify(self, *, origins: Mapping[int, str] | None = None) -> Verification:
        """Check every ticket against its history, ticket by ticket as the table lies; reads everything.

        `origins` names the import a ticket came from, so that what it brought is counted apart too.
        """
        verification, origins = Verification(), origins or {}
        walked: set[int] = set()
        for ticket_id, history in _by_ticket():
            walked.add(ticket_id)
            verification.count(len(history), origins.get(ticket_id))
            for violation in _violations_now(ticket_id, history):
                verification.fail(ticket_id, violation)
        for ticket_id in ticket_table.all_ids():
            verification.tickets += 1
            if ticket_id not in walked:
                self._verify_missed(ticket_id, verification)
        return verification

    def _verify_missed(self, ticket_id: int, verification: Verification) -> None:
        """Check a ticket whose history the walk did not meet: it has none, or was created meanwhile."""
        history = ticket_history.of_ticket(ticket_id)
        verification.count(len(history), None)
        for violation in _violations_now(ticket_id, history):
            verification.fail(ticket_id, violation)


def _by_ticket() -> Iterator[tuple[int, list[TicketHistory]]]:
    for ticket_id, items in itertools.groupby(ticket_history.everything(), lambda i: int(i.ticket_id)):
        yield ticket_id, sorted(items, key=lambda i: i.version)


def _violations_now(ticket_id: int, history: list[TicketHistory]) -> list[str]:
    """Check one ticket; a change may slip between the two reads, so a violation is read again."""
    violations = _violations(ticket_table.find(ticket_id), history)
    for _ in range(3):
        if not violations:
            break
        item = ticket_table.find(ticket_id)
        violations = _violations(item, ticket_history.of_ticket(ticket_id))
    return violations


def _violations(item: TicketItem | None, history: list[TicketHistory]) -> list[str]:
    if item is None:
        return [f"{len(history)} history items but no ticket"]
    versions = [int(event.version) for event in history]
    if versions != list(range(1, int(item.version) + 1)):
        return [f"version {int(item.version)}, history has {_ranges(versions)}"]
    violations = []
    folded: TicketFields | None = None
    try:
        for event, folded in zip(history, fold(event.changes for event in history), strict=True):
            if event.state != state_of(folded):
                violations.append(f"version {int(event.version)}: its reportable state differs from the fold")
    except BrokenLedger as broken:
        return [*violations, str(broken)]
    differing = diff(folded, Ticket.from_model(item)).items()
    violations += [
        f"{name} is {stored!r}, its history says {ledger!r}" for name, (ledger, stored) in differing
    ]
    if item.updated_at != history[-1].at:
        violations.append(f"updated_at is {item.updated_at}, the last change was at {history[-1].at}")
    if not is_keyed(item):
        violations.append("its index keys do not follow from its fields: lists show it in the wrong place")
    return violations


def _ranges(versions: list[int]) -> str:
    return f"{len(versions)} items, {versions[:1]} to {versions[-1:]}" if versions else "nothing"
