"""Versions of a ticket as programs get them, with the people in them."""

from collections.abc import Iterable

from portal.api.schemas import Person
from portal.api.ticket_schemas import IN_API, Event, FieldChange
from portal.web.guards import services
from services.tickets import Event as TicketEvent


def event_of(event: TicketEvent, names: dict[str, str]) -> Event:
    """Write one version of a ticket."""
    changes = [
        FieldChange(field=name, old=old, new=new)
        for name, (old, new) in event.changes.items()
        if name in IN_API
    ]
    return Event(
        version=event.version, at=event.at, actor=person_of(event.actor_id, names), actor_kind=event.actor_kind,
        kind=event.kind, public=event.public, body=event.body, changes=changes, undoes=event.undoes,
        undone_by=event.undone_by, undoable=event.undoable,
    )  # fmt: skip


def names_of_actors(events: Iterable[TicketEvent]) -> dict[str, str]:
    """Return the names of those who did something, with one look-up."""
    return names_of(event.actor_id for event in events)


def names_of(ids: Iterable[str | None]) -> dict[str, str]:
    """Return names by id, with one look-up."""
    return services().users.accounts.names(ids)


def person_of(id_: str, names: dict[str, str]) -> Person:
    """Write somebody; who is not known is named by their id."""
    return Person(id=id_, name=names.get(id_, id_))
