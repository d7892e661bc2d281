"""Long work in steps: where each job stands, so that it goes on after any crash."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from pynamodb.attributes import NumberAttribute, TTLAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from dynamodb_client import Instant, Json, LeanModel
from models import items, transaction
from models.store_errors import translated
from models.transaction import Also, Put


class RunningJobs(GlobalSecondaryIndex["Job"]):
    """The jobs of a kind that are not done, by their start; sparse."""

    class Meta:
        index_name = "by_running"
        projection = KeysOnlyProjection()

    running = UnicodeAttribute(hash_key=True)
    started_at = Instant(range_key=True)


class Job(LeanModel):
    """One job, named "kind#subject"; `running` holds the kind until the job is done, `value` where it stands.

    The parts of a job with many tasks are items of their own, named "kind#subject#series#number": of two requests
    that start the same job at once, each writes a series, and the job refers to one.
    """

    class Meta:
        table_name = "jobs"

    job_id = UnicodeAttribute(hash_key=True)
    version = NumberAttribute(default=1)
    running = UnicodeAttribute(null=True)
    started_at = Instant()
    value = Json[dict[str, Any]]()
    expires_at = TTLAttribute(null=True)
    by_running = RunningJobs()

    @property
    def subject(self) -> str:
        """Return what the job is about, such as the id of a user."""
        return str(self.job_id).partition("#")[2]


def new(
    kind: str,
    subject: str,
    *,
    version: int,
    value: dict[str, Any],
    started_at: datetime,
    done: bool,
    expires_at: datetime | None = None,
) -> Job:
    """Build a version of a job."""
    return Job(
        job_id=f"{kind}#{subject}",
        version=version,
        running=None if done else kind,
        started_at=started_at,
        value=value,
        expires_at=expires_at,
    )


def part(of: Job, series: str, number: int, value: dict[str, Any]) -> Job:
    """Build a part of a job, which goes when the job goes."""
    return Job(
        job_id=f"{of.job_id}#{series}#{number}",
        started_at=of.started_at,
        value=value,
        expires_at=of.expires_at,
    )


def find(kind: str, subject: str) -> Job | None:
    """Read one job strongly; None when there is none."""
    return items.find(Job, f"{kind}#{subject}")


def running(kind: str) -> Iterator[Job]:
    """Read the jobs of a kind that are not done, oldest first: found by an index, read strongly."""
    with translated():
        job_ids = [item.job_id for item in Job.by_running.query(kind)]
    for job_id in job_ids:
        item = items.find(Job, job_id)
        if item is not None and item.running is not None:
            yield item


def find_parts(of: Job, series: str, numbers: Iterable[int]) -> dict[int, Job]:
    """Read parts of a job strongly, by number."""
    numbers_by_id = {f"{of.job_id}#{series}#{number}": number for number in numbers}
    with translated():
        return {
            numbers_by_id[item.job_id]: item
            for item in Job.batch_get(list(numbers_by_id), consistent_read=True)
        }


def put_all(parts: Iterable[Job]) -> None:
    """Write the parts of a job that nobody sees yet."""
    with translated(), Job.batch_write() as batch:
        for each in parts:
            batch.save(each)


def sweep(now: datetime, limit: int) -> int:
    """Delete jobs that have expired, for engines that do not expire items themselves; returns how many."""
    with translated():
        expired = list(Job.scan(Job.expires_at < now, limit=limit, attributes_to_get=["job_id"]))
        with Job.batch_write() as batch:
            for item in expired:
                batch.delete(item)
    return len(expired)


def first(item: Job) -> Put:
    """Write the first version of a job along with something else, unless it runs already."""
    return Put(item, Job.job_id.does_not_exist())


def put(item: Job, *, expected_version: int, also: Also = ()) -> None:
    """Write a job that was at version `expected_version` (0: that is new), and what goes along; raises VersionMoved."""
    unmoved = Job.version == expected_version if expected_version else Job.job_id.does_not_exist()
    transaction.put_version(item, unmoved, also, lambda: items.find(Job, item.job_id))
