"""Who held a ticket, from when to when: one item per period."""

from collections.abc import Iterator
from datetime import datetime

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from dynamodb_client import Instant, LeanModel
from models.store_errors import translated
from models.times import to_text


class ByAgent(GlobalSecondaryIndex["Assignment"]):
    """An agent's assignments in the order they began."""

    class Meta:
        index_name = "by_agent"
        projection = AllProjection()

    agent_id = UnicodeAttribute(hash_key=True)
    assigned_at = UnicodeAttribute(range_key=True)


class Assignment(LeanModel):
    """One assignment period; `assigned_at` carries the version too, since several may begin in one instant."""

    class Meta:
        table_name = "assignments"

    ticket_id = NumberAttribute(hash_key=True)
    assigned_at = UnicodeAttribute(range_key=True)
    agent_id = UnicodeAttribute()
    released_at = Instant(null=True)
    by_agent = ByAgent()


def assignment_key(at: datetime, version: int) -> str:
    """Compose the range key of the assignment that began with this change."""
    return f"{to_text(at)}#{version:08d}"


def of_ticket(ticket_id: int) -> list[Assignment]:
    """List a ticket's assignments, oldest first."""
    with translated():
        return list(Assignment.query(ticket_id, consistent_read=True))


def of_agent(agent_id: str) -> Iterator[Assignment]:
    """Walk a person's assignments in the order they began; reads an index, so it may lag on AWS."""
    with translated():
        yield from Assignment.by_agent.query(agent_id)
