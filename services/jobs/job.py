"""A job: long work in tasks, each done once, whose state outlives every process."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from models import job as job_table
from models.job import Job as Item
from models.times import from_text, to_text
from services.errors import NotFound
from services.users.identity import Permission, Scope

KEEP = timedelta(days=30)  # after which a job and its results are deleted
TASKS_OF_A_PART = 25


class State(StrEnum):
    """Where a job stands."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"


class JobNotFound(NotFound):
    """There is no such job, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__("This job does not exist.")


@dataclass(frozen=True)
class Job:
    """One job of somebody, who may do no more in it than `permissions` and their role allow.

    `total` counts tasks, `done` and `failed` those that were carried out. They are stored in parts: `series` names
    these parts, `part` is the next one to be done. `moved_at` tells when the latest was done, or the job resumed.
    """

    id: str
    kind: str
    title: str
    owner_id: str
    permissions: Mapping[Permission, Scope]
    total: int
    started_at: datetime
    series: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    state: State = State.RUNNING
    done: int = 0
    failed: int = 0
    part: int = 0
    moved_at: datetime | None = None
    ended_at: datetime | None = None
    version: int = 0

    @classmethod
    def from_model(cls, item: Item) -> Self:
        """Build a job from its stored item."""
        value = item.value
        kind, _, id_ = str(item.job_id).partition("#")
        return cls(
            id=id_,
            kind=kind,
            title=value["title"],
            owner_id=value["owner_id"],
            permissions={Permission(name): Scope(scope) for name, scope in value["permissions"].items()},
            total=value["total"],
            started_at=item.started_at,
            series=value["series"],
            arguments=value["arguments"],
            state=State(value["state"]),
            done=value["done"],
            failed=value["failed"],
            part=value["part"],
            moved_at=from_text(value["moved_at"]) if value["moved_at"] else None,
            ended_at=from_text(value["ended_at"]) if value["ended_at"] else None,
            version=int(item.version),
        )

    def item(self) -> Item:
        """Build the next version of the item to store."""
        value = {
            "title": self.title,
            "owner_id": self.owner_id,
            "permissions": {str(name): int(scope) for name, scope in self.permissions.items()},
            "total": self.total,
            "series": self.series,
            "arguments": dict(self.arguments),
            "state": str(self.state),
            "done": self.done,
            "failed": self.failed,
            "part": self.part,
            "moved_at": self.moved_at and to_text(self.moved_at),
            "ended_at": self.ended_at and to_text(self.ended_at),
        }
        return job_table.new(
            self.kind,
            self.id,
            version=self.version + 1,
            value=value,
            started_at=self.started_at,
            done=self.state is not State.RUNNING,
            expires_at=self.started_at + KEEP,
        )

    @property
    def parts(self) -> int:
        """Return in how many parts the tasks are done."""
        return -(-self.total // TASKS_OF_A_PART)

    @property
    def remaining(self) -> int:
        """Return how many tasks were not carried out (yet)."""
        return self.total - self.done - self.failed

    @property
    def has_ended(self) -> bool:
        """Tell whether no further task will be carried out."""
        return self.state in (State.STOPPED, State.DONE)

    def after_part(self, *, done: int, failed: int, now: datetime) -> Self:
        """Return the job after its next part; a job that was paused meanwhile stays so until it has no more."""
        moved = replace(
            self, done=self.done + done, failed=self.failed + failed, part=self.part + 1, moved_at=now
        )
        if moved.part < moved.parts or moved.has_ended:
            return moved
        return replace(moved, state=State.DONE, ended_at=now)
