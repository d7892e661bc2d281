"""The ticket: the latest fold of its history, with the composed index keys computed here and nowhere else."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection

from dynamodb_client import Instant, Json, LeanModel
from models.errors import translated
from models.times import from_text, to_text

OPEN_STATUSES = ("new", "open", "pending", "on_hold")
DONE_STATUSES = ("solved", "closed")
PRIORITIES = ("low", "normal", "high", "urgent")

TIMES = {"created_at", "first_response_at", "first_solved_at", "solved_at", "closed_at"}

# What a list shows or filters by; every index carries just this.
LISTED = [
    "version", "subject", "status", "priority", "category", "team_id", "assignee_id", "requester_id",
    "organization_id", "channel", "created_at", "updated_at", "first_solved_at",
]  # fmt: skip


class ByState(GlobalSecondaryIndex["Ticket"]):
    """All tickets of one side of the workflow, by last change: (open#shard or done#shard, updated_at)."""

    class Meta:
        index_name = "by_state"
        projection = IncludeProjection([name for name in LISTED if name != "updated_at"])

    state_key = UnicodeAttribute(hash_key=True)
    updated_at = Instant(range_key=True)


class ByAssignee(GlobalSecondaryIndex["Ticket"]):
    """An agent's tickets: (assignee_id, open#updated_at or done#updated_at)."""

    class Meta:
        index_name = "by_assignee"
        projection = IncludeProjection([name for name in LISTED if name != "assignee_id"])

    assignee_id = UnicodeAttribute(hash_key=True)
    state_at = UnicodeAttribute(range_key=True)


class ByRequester(GlobalSecondaryIndex["Ticket"]):
    """A customer's tickets: (requester_id, open#updated_at or done#updated_at)."""

    class Meta:
        index_name = "by_requester"
        projection = IncludeProjection([name for name in LISTED if name != "requester_id"])

    requester_id = UnicodeAttribute(hash_key=True)
    state_at = UnicodeAttribute(range_key=True)


class ByTeam(GlobalSecondaryIndex["Ticket"]):
    """A team's tickets: (team_id, open#updated_at or done#updated_at)."""

    class Meta:
        index_name = "by_team"
        projection = IncludeProjection([name for name in LISTED if name != "team_id"])

    team_id = UnicodeAttribute(hash_key=True)
    state_at = UnicodeAttribute(range_key=True)


class ByOrganization(GlobalSecondaryIndex["Ticket"]):
    """The tickets that members of an organization asked for: (organization_id, state_at); sparse."""

    class Meta:
        index_name = "by_organization"
        projection = IncludeProjection([name for name in LISTED if name != "organization_id"])

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


class Ticket(LeanModel):
    """One request for help; `version` counts the history items behind it."""

    class Meta:
        table_name = "tickets"

    ticket_id = NumberAttribute(hash_key=True)
    version = NumberAttribute()
    subject = UnicodeAttribute()
    status = UnicodeAttribute()
    priority = UnicodeAttribute()
    requester_id = UnicodeAttribute(null=True)
    organization_id = UnicodeAttribute(null=True)
    assignee_id = UnicodeAttribute(null=True)
    team_id = UnicodeAttribute(null=True)
    category = UnicodeAttribute(null=True)
    subcategory = UnicodeAttribute(null=True)
    channel = UnicodeAttribute(null=True)
    created_at = Instant()
    updated_at = Instant()
    first_response_at = Instant(null=True)
    first_solved_at = Instant(null=True)
    solved_at = Instant(null=True)
    closed_at = Instant(null=True)
    reopens = NumberAttribute(default=0)
    reassigns = NumberAttribute(default=0)
    agent_replies = NumberAttribute(default=0)
    stint = UnicodeAttribute(null=True)
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


def compose(
    ticket_id: int, version: int, updated_at: datetime, fields: Mapping[str, Any], shards: int
) -> Ticket:
    """Build the item to store: the fields with the composed index keys."""
    state = side(fields["status"])
    custom = {name[7:]: value for name, value in fields.items() if name.startswith("custom.")}
    known = {n: v for n, v in fields.items() if v is not None and not n.startswith("custom.")}
    for name in TIMES & known.keys():
        known[name] = from_text(known[name])
    return Ticket(
        ticket_id=ticket_id,
        version=version,
        updated_at=updated_at,
        state_key=f"{state}#{ticket_id % shards}",
        state_at=f"{state}#{to_text(updated_at)}",
        custom=custom or None,
        **known,
    )


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


def of_requester(user_id: str) -> Iterator[int]:
    """Walk the ids of the tickets a person asked for; from an index, so a moment late on AWS."""
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
