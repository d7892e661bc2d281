"""What may be chosen for a ticket's properties, and how values read."""

from collections.abc import Mapping
from typing import Any

from portal.ui.lookup import LOOKUPS, chosen
from portal.web.guards import services
from services.tickets import BY_NAME, EDITABLE, PRIORITIES, Kind, Ticket, field_names, label_of
from services.users.identity import User

Choices = list[tuple[str, str]]

NAMED = 80  # characters of a value that has no name
# What the side panel changes: `PLAIN_PROPERTIES` are typed in, the others chosen.
PROPERTIES = tuple(name for name in EDITABLE if name != "subject")
PLAIN_PROPERTIES = tuple(BY_NAME[name] for name in PROPERTIES if BY_NAME[name].plain)
# Properties whose values are too many for every page, and what looks them up; and what stands for none.
LOOKED_UP = {"assignee_id": "assignee", "team_id": "team"}
EMPTY = {"assignee_id": "Unassigned", "team_id": "None"}
PEOPLE_FIELDS = field_names(lambda each: each.kind is Kind.USER)


def priorities() -> Choices:
    """List the priorities, the most urgent first."""
    return [(name, label_of("priority", name)) for name in reversed(PRIORITIES)]


def entries(kind: str, present: str | None = None) -> Choices:
    """List the active teams or categories, with nothing first and the present one in any case."""
    offered = [(e.id, e.name) for e in services().catalog.all(kind) if e.active or e.id == present]
    return [("", "None"), *offered]


def lookups() -> dict[str, str]:
    """Map the properties that have too many values for a page to where those are looked up."""
    return {name: LOOKUPS[kind].url for name, kind in LOOKED_UP.items()}


def sent(form: Mapping[str, str], name: str) -> str:
    """Return the value of a property that a form sent; raises Invalid if its text does not say which."""
    return chosen(form, name, LOOKED_UP[name]) if name in LOOKED_UP else form[name]


def statuses(present: str) -> Choices:
    """List the present status and those that may follow it."""
    return [(name, label_of("status", name)) for name in services().tickets.workflow.allowed(present)]


def properties(ticket: Ticket, shown: Mapping[str, str]) -> dict[str, Choices]:
    """List what may be chosen for each property, with what the form shows in any case."""
    offered = {
        "status": statuses(ticket.status),
        "priority": priorities(),
        "category": entries("category", ticket.category),
    }
    for name, value in shown.items():
        if name in offered and value not in dict(offered[name]):
            known = Reader({value[:NAMED]}).words(name, value) or value
            offered[name].append((value, known[:NAMED]))
    return offered


class Reader:
    """Turns stored values into words, looking each kind of name up once; `known` people have been read already."""

    def __init__(self, people: set[str | None], *known: User) -> None:
        names = {one.user_id: one.name for one in known}
        self._people = {**services().users.accounts.names(people - names.keys()), **names}
        self._names = {
            "team_id": services().catalog.names("team"),
            "category": services().catalog.names("category"),
        }

    def person(self, user_id: str | None) -> str:
        """Name a person, Ledgerdesk itself, or somebody who is gone."""
        if user_id == "system":
            return "Ledgerdesk"
        return self._people.get(user_id or "", user_id or "Nobody")

    def words(self, field: str, value: Any) -> str | None:
        """Write a field's value as people read it; None stays None."""
        if value is None or value == "":
            return None
        known = BY_NAME.get(field)
        if field in PEOPLE_FIELDS:
            return self.person(value)
        if field in self._names:
            return self._names[field].get(value, str(value))
        return known.label_of(str(value)) if known and known.kind is Kind.CHOICE else str(value)


def field_label(field: str) -> str:
    """Name a field; a custom one goes by its own name."""
    known = BY_NAME.get(field)
    return known.label if known else field.removeprefix("custom.").replace("_", " ").capitalize()
