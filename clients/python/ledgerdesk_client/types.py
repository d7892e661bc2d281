"""What the desk answers with, as far as programs commonly use it; the description of the API has all of it."""

from typing import Any, NotRequired, TypedDict


class Ticket(TypedDict):
    """One ticket."""

    id: int
    version: int
    url: str
    subject: str
    status: str
    priority: str
    channel: str
    category: NotRequired[str | None]
    team_id: NotRequired[str | None]
    assignee_id: NotRequired[str | None]
    requester_id: NotRequired[str | None]
    organization_id: NotRequired[str | None]
    created_at: str
    updated_at: str


class User(TypedDict):
    """Somebody."""

    id: str
    name: str
    email: NotRequired[str | None]


class Change(TypedDict):
    """One version of a ticket, from the change feed."""

    ticket_id: int
    version: int
    at: str
    recorded_at: str
    kind: str
    public: bool
    body: str | None
    actor: User
    changes: list[dict[str, Any]]
    url: str


class ChangePage(TypedDict):
    """The next changes, and the cursor after them."""

    events: list[Change]
    cursor: str
    more: bool


class Job(TypedDict):
    """Long work in the background."""

    id: str
    title: str
    state: str
    total: int
    done: int
    failed: int
    remaining: int


class JobResult(TypedDict):
    """What became of one task of a job."""

    subject: int
    value: int | None
    error: str | None
    carried_out: bool
