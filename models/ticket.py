"""The ticket: the latest state of its history. The composed index keys are computed only here."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from pynamodb.attributes import Attribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection

from dynamodb_client import Instant, Json, LeanModel
from models.store_errors import translated
from models.ticket_fields import FIELDS, OPEN_STATUSES, PROJECTED, Field, Kind, TicketFields
from models.times import to_text


def _carrying(key: str) -> IncludeProjection:
    """Project what lists show or filter by, except the key, which an index has anyway."""
    return IncludeProjection([name for name in PROJECTED if name != key])


class ByState(GlobalSecondaryIndex["Ticket"]):
    """All tickets of one side of the workflow, by last change: (open#shard or done#shard, updated_at)."""

    class Meta:
        index_name = "by_state"
        projection = _carrying("updated_at")

    state_key = UnicodeAttribute(hash_key=True)
    updated_at = Instant(range_key=True)


class ByAssignee(GlobalSecondaryIndex["Ticket"]):
    """An agent's tickets: (assignee_id, open#updated_at or done#updated_at)."""

    class Meta:
        index_name = "by_assignee"
        projection = _carrying("assignee_id")

    assignee_id = UnicodeAttribute(hash_key=True)
    state_at = UnicodeAttribute(range_key=True)


class ByRequester(GlobalSecondaryIndex["Ticket"]):
    """A customer's tickets: (requester_id, open#updated_at or done#updated_at)."""

    class Meta:
        index_name = "by_requester"
        projection = _carrying("requester_id")

    requester_id = UnicodeAttribute(hash_key=True)
    state_at = UnicodeAttribute(range_key=True)


class ByTeam(GlobalSecondaryIndex["Ticket"]):
    """A team's tickets: (team_id, open#updated_at or done#updated_at)."""

    class Meta:
        index_name = "by_team"
        projection = _carrying("team_id")

    team_id = UnicodeAttribute(hash_key=True)
    state_at = UnicodeAttribute(range_key=True)


class ByOrganization(GlobalSecondaryIndex["Ticket"]):
    """The tickets that members of an organization asked for: (organization_id, state_at); sparse."""

    class Meta:
        index_name = "by_organization"
        projection = _carrying("organization_id")

    organization_id = UnicodeAttribute(hash_key=True)
    state_at = UnicodeAttribute(range_key=True)


class ByDue(GlobalSecondaryIndex["Ticket"]):
    """Running deadlines, soonest first; sparse: a ticket is here only while a deadline runs.

    Empty so far: filled by service levels, which set the time a first response or a solution is due.
    """

    class Meta:
        index_name = "by_due"
        projection = IncludeProjection(["version", "status"])

    due_shard = UnicodeAttribute(hash_key=True)
    due_at = Instant(range_key=True)


def _attribute(each: Field) -> Attribute[Any]:
    """Make the attribute that stores a field."""
    if each.kind is Kind.TIME:
        return Instant(null=not each.required, attr_name=each.stored_as)
    if each.kind is Kind.COUNTER:
        return NumberAttribute(default=0, attr_name=each.stored_as)
    return UnicodeAttribute(null=not each.required, attr_name=each.stored_as)


class FieldAttributes:
    """The attributes of the registry's fields, for PynamoDB to read as if they were declared in the class."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...


for _field in FIELDS:
    setattr(FieldAttributes, _field.name, _attribute(_field))


class Ticket(FieldAttributes, LeanModel):
    """One ticket: the fields of the registry and the attributes stored with them.

    `version` is the number of its history items.
    """

    class Meta:
        table_name = "tickets"

    ticket_id = NumberAttribute(hash_key=True)
    version = NumberAttribute()
    updated_at = Instant()
    custom = Json[dict[str, Any]](null=True)
    state_key = UnicodeAttribute()
    state_at = UnicodeAttribute()
    due_shard = UnicodeAttribute(null=True)
    due_at = Instant(null=True)

    by_state = ByState()
    by_assignee = ByAssignee()
    by_requester = ByRequester()
    by_team = ByTeam()
    by_organization = ByOrganization()
    by_due = ByDue()


def side(status: str) -> str:
    """Tell which side of the workflow a status is on: "open" or "done"."""
    return "open" if status in OPEN_STATUSES else "done"


def state_partitions(state: str, shards: int) -> list[str]:
    """List the hash keys of `by_state` that together hold one side."""
    return [f"{state}#{shard}" for shard in range(shards)]


_NAMES = tuple(each.name for each in FIELDS)
_COUNTERS = tuple(each.name for each in FIELDS if each.kind is Kind.COUNTER)
_values = attrgetter(*_NAMES)


def compose(
    *, ticket_id: int, version: int, updated_at: datetime, fields: TicketFields, shards: int
) -> Ticket:
    """Build the item to store: the fields with the composed index keys."""
    state = side(fields.status)
    return Ticket(
        ticket_id=ticket_id,
        version=version,
        updated_at=updated_at,
        state_key=f"{state}#{ticket_id % shards}",
        state_at=f"{state}#{to_text(updated_at)}",
        custom=dict(fields.custom) or None,
        **{name: value for name, value in zip(_NAMES, _values(fields), strict=True) if value is not None},
    )


def values_of(item: Ticket) -> dict[str, Any]:
    """Read the fields of a stored ticket, by name, as TicketFields takes them."""
    stored = item.attribute_values
    values = {name: stored.get(name) for name in _NAMES}
    for name in _COUNTERS:
        values[name] = int(values[name] or 0)
    values["custom"] = stored.get("custom") or {}
    return values


def reword(item: Ticket, texts: dict[str, str | None], custom: dict[str, Any]) -> bool:
    """Replace texts of a stored ticket; returns whether any of them differs."""
    before = ({name: getattr(item, name) for name in texts}, item.custom or None)
    for name, text in texts.items():
        setattr(item, name, text)
    item.custom = custom or None
    return before != (texts, item.custom)


def is_keyed(item: Ticket) -> bool:
    """Tell whether a stored item's index keys follow from its fields, whatever the number of shards was."""
    state = side(item.status)
    return item.state_key.startswith(f"{state}#") and item.state_at == f"{state}#{to_text(item.updated_at)}"


def find(ticket_id: int) -> Ticket | None:
    """Read one ticket with strong consistency; None when there is none."""
    with translated():
        try:
            return Ticket.get(ticket_id, consistent_read=True)
        except Ticket.DoesNotExist:
            return None


def find_many(ticket_ids: Iterable[int]) -> dict[int, Ticket]:
    """Read several tickets at once; those that do not exist are left out."""
    with translated():
        return {int(item.ticket_id): item for item in Ticket.batch_get(list(ticket_ids))}


def of_requester(user_id: str) -> Iterator[int]:
    """Walk the ids of the tickets a person asked for; reads an index, so it may lag on AWS."""
    with translated():
        for item in Ticket.by_requester.query(user_id, attributes_to_get=["ticket_id"]):
            yield int(item.ticket_id)


def count_of_requester(user_id: str, most: int, *, state: str = "") -> int:
    """Count the tickets a person asked for, no further than `most`; `state` open or done: on that side."""
    side_of = Ticket.state_at.startswith(f"{state}#") if state else None
    with translated():
        return Ticket.by_requester.count(user_id, side_of, limit=most)


def count_open_of_assignee(user_id: str, most: int) -> int:
    """Count the open tickets a person holds, no further than `most`."""
    with translated():
        return Ticket.by_assignee.count(user_id, Ticket.state_at.startswith("open#"), limit=most)


def all_ids() -> Iterator[int]:
    """Walk the ids of all tickets; for checks only."""
    with translated():
        for item in Ticket.scan(attributes_to_get=["ticket_id"], page_size=1000):
            yield int(item.ticket_id)
