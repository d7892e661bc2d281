"""The audit log as it is shown; nobody can change it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from models.audit import PARTITION, AuditEntry
from pynamodb_grid.listing import Condition, Conditions, Listing, ListRequest, Op, Page, Sort
from services.users.identity.actor import Actor

ALL_EVENTS = Condition("partition", Op.EQ, PARTITION)


@dataclass(frozen=True)
class AuditEvent:
    """One audit event; `subject` is "kind:id", `changes` maps a field to [before, after]."""

    key: str
    at: datetime
    actor_id: str
    action: str
    subject: str
    address: str | None
    changes: Mapping[str, list[Any]]

    @classmethod
    def from_model(cls, item: AuditEntry) -> "AuditEvent":
        """Build an event from its stored item."""
        return cls(
            item.entry_key, item.at, item.actor_id, item.action, item.subject, item.address, item.changes
        )


class AuditLogService:
    """Shows the audit log to those who may see it; there is no way to change it."""

    def __init__(self, *, authorize: Callable[[Actor], None], listing: Listing) -> None:
        """Take the listing, and `authorize`, which raises PermissionDenied for actors who may not see the log."""
        self._authorize, self._listing = authorize, listing

    def page(self, *, actor: Actor, request: ListRequest) -> Page:
        """Return one page of events, latest first unless the request sorts otherwise."""
        self._authorize(actor)
        page = self._listing.page(replace(request, conditions=_whole(request.conditions)))
        return replace(page, rows=[AuditEvent.from_model(item) for item in page.rows])

    def iterate(self, *, actor: Actor, conditions: Conditions, sort: Sort | None) -> Iterator[AuditEvent]:
        """Iterate over all events that match, for exports."""
        self._authorize(actor)
        return map(AuditEvent.from_model, self._listing.iterate(_whole(conditions), sort))

    def sortable(self, conditions: Conditions) -> set[str]:
        """Return the fields by which a list with these conditions can be sorted."""
        return self._listing.sortable(_whole(conditions))


def _whole(conditions: Conditions) -> Conditions:
    return (*conditions, ALL_EVENTS)
