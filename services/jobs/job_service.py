"""JobService: starts long work, shows how far it is, and carries it out part by part in the worker.

A part is a few tasks. Its results are stored in one transaction with the position, so a worker that is killed
does at most one part again: every task must be safe to do twice. Whoever does the tasks gets a key for each, which
is the same the second time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

import structlog

from models import job as job_table
from models.job import Job as Item
from models.store_errors import VersionMoved
from services.errors import Conflicted, EngineUnavailable, Invalid, ServiceError, StoreError, Unavailable
from services.jobs.job import TASKS_OF_A_PART, Job, JobNotFound, State
from services.users.audit import AuditWriter
from services.users.identity import Actor, Permission, PermissionDenied, Scope

MAX_TASKS = 10_000
PARTS_PER_RUN = 4  # half a second of work, so that the worker's other jobs are not late
PAGE_OF_RESULTS = 20  # parts
ATTEMPTS = 5
SWEPT_AT_ONCE = 200
OUR_FAULT = "Something went wrong on our side, and is in the log."

AbsentActor = Callable[[str], Actor | None]
log = structlog.get_logger()


@dataclass(frozen=True)
class Task:
    """One task of a job: what to do it to, and the key that makes it happen once."""

    job: Job
    subject: Any
    key: str


@dataclass(frozen=True)
class TaskResult:
    """What became of one task: what it returned, or why it failed; neither if it was not carried out yet."""

    subject: Any
    value: Any = None
    error: str | None = None
    carried_out: bool = True


CarryOut = Callable[[Actor, Task, datetime], Any]


class JobMoved(Conflicted):
    """The job ended, or was changed by somebody else at the same moment."""


class JobService:
    """Runs the jobs of all kinds; each kind is registered by the domain that does its tasks."""

    def __init__(
        self, *, absent_actor: AbsentActor, audit_writer: AuditWriter, new_id: Callable[[], str]
    ) -> None:
        self._absent_actor, self._audit_writer, self._new_id = absent_actor, audit_writer, new_id
        self._kinds: dict[str, CarryOut] = {}

    def register(self, kind: str, carry_out: CarryOut) -> None:
        """Say who carries out the tasks of a kind: safe to run twice, raises a ServiceError for one that fails."""
        self._kinds[kind] = carry_out

    def start(
        self,
        *,
        actor: Actor,
        now: datetime,
        kind: str,
        title: str,
        subjects: Sequence[Any],
        arguments: Mapping[str, Any] | None = None,
        id_: str | None = None,
    ) -> Job:
        """Store a job that the worker carries out, one task for each subject; raises Invalid for none or too many.

        The same `id_` starts one job, however often it is asked for.
        """
        if not 0 < len(subjects) <= MAX_TASKS:
            raise Invalid(f"A job has 1 to {MAX_TASKS:,} tasks. This one would have {len(subjects):,}.")
        if id_ is not None and job_table.find(kind, id_) is not None:
            return self.get(actor=actor, job_id=id_)
        series = self._new_id()
        job = Job(
            id=id_ or series,
            kind=kind,
            title=title,
            owner_id=actor.user_id,
            permissions=actor.permissions,
            total=len(subjects),
            started_at=now,
            series=series,
            arguments=arguments or {},
        )
        entry = self._audit_writer.entry(
            actor=actor,
            now=now,
            action="job.started",
            subject=f"job:{job.id}",
            after={"kind": kind, "tasks": job.total},
        )
        item = job.item()
        firsts = enumerate(range(0, len(subjects), TASKS_OF_A_PART))
        job_table.put_all(
            job_table.part(
                item, series, number, {"subjects": list(subjects[first : first + TASKS_OF_A_PART])}
            )
            for number, first in firsts
        )
        try:
            job_table.put(item, expected_version=0, also=[entry])
        except VersionMoved:
            return self.get(actor=actor, job_id=job.id)
        return replace(job, version=1)

    def get(self, *, actor: Actor, job_id: str) -> Job:
        """Return a job of the actor's, or anybody's for those who may read the audit log; raises JobNotFound."""
        kinds = () if "#" in job_id else self._kinds
        stored = (job_table.find(kind, job_id) for kind in kinds)
        item = next((item for item in stored if item is not None), None)
        if item is None:
            raise JobNotFound
        job = Job.from_model(item)
        if job.owner_id != actor.user_id and not actor.may(Permission.AUDIT_VIEW):
            raise JobNotFound
        return job

    def results(self, *, job: Job, first: int = 0) -> Iterator[TaskResult]:
        """Return what became of the tasks, in their order, from a place on; those that wait have nothing to tell."""
        item, left_out = job.item(), first % TASKS_OF_A_PART
        for start in range(first // TASKS_OF_A_PART, job.parts, PAGE_OF_RESULTS):
            numbers = range(start, min(start + PAGE_OF_RESULTS, job.parts))
            parts = job_table.find_parts(item, job.series, numbers)
            results = (result for number in numbers for result in _results_of(parts[number]))
            yield from islice(results, left_out, None)
            left_out = 0

    def pause(self, *, actor: Actor, now: datetime, job_id: str) -> Job:
        """Let no further part be done until the job is resumed.

        Raises JobNotFound, JobMoved once it has ended, PermissionDenied for somebody else's without setting:edit.
        """
        return self._set_state(State.PAUSED, actor, now, job_id)

    def resume(self, *, actor: Actor, now: datetime, job_id: str) -> Job:
        """Go on with a job that was paused; raises as `pause` does."""
        return self._set_state(State.RUNNING, actor, now, job_id)

    def stop(self, *, actor: Actor, now: datetime, job_id: str) -> Job:
        """End a job; what was done stays. Raises as `pause` does."""
        return self._set_state(State.STOPPED, actor, now, job_id)

    def advance(self, *, now: datetime, stopping: Callable[[], bool] = lambda: False) -> int:
        """Carry out the next parts of every running job, and return how many tasks that were. For the worker."""
        return sum(
            self._advance(Job.from_model(item), now, stopping)
            for kind in self._kinds
            for item in job_table.running(kind)
        )

    def behind(self, *, now: datetime) -> float:
        """Return for how many seconds a running job has been waiting for its next part; of several, the longest."""
        running = (Job.from_model(item) for kind in self._kinds for item in job_table.running(kind))
        waiting = ((now - (job.moved_at or job.started_at)).total_seconds() for job in running)
        return max(waiting, default=0.0)

    def sweep(self, *, now: datetime) -> int:
        """Delete jobs that ended long ago, where the engine does not; returns how many items."""
        return job_table.sweep(now, SWEPT_AT_ONCE)

    def _advance(self, job: Job, now: datetime, stopping: Callable[[], bool]) -> int:
        carried_out = 0
        for _ in range(PARTS_PER_RUN):
            if job.state is not State.RUNNING or stopping():
                break
            try:
                moved = self._do_part(job, now)
            except (Unavailable, EngineUnavailable) as error:
                log.warning("job_waits_for_engine", job=job.id, kind=job.kind, error=str(error))
                break
            if moved is None:  # another worker has just done this part
                break
            carried_out += moved.done + moved.failed - job.done - job.failed
            job = moved
        return carried_out

    def _do_part(self, job: Job, now: datetime) -> Job | None:
        """Carry out the next part and store its results with the position; None if somebody else has."""
        part = job_table.find_parts(job.item(), job.series, [job.part])[job.part]
        owner = self._owner(job)
        results = [
            self._carry_out(owner, Task(job, subject, f"job:{job.id}:{job.part}:{place}"), now)
            for place, subject in enumerate(part.value["subjects"])
        ]
        outcome = {
            "subjects": part.value["subjects"],
            "results": [
                {"value": each.value} if each.error is None else {"error": each.error} for each in results
            ],
        }
        failed = sum(each.error is not None for each in results)
        return self._store(job, outcome, done=len(results) - failed, failed=failed, now=now)

    def _store(
        self, job: Job, outcome: Mapping[str, Any], *, done: int, failed: int, now: datetime
    ) -> Job | None:
        """Write results and position; a job that was paused or stopped meanwhile keeps that state."""
        at = job.part
        for _ in range(ATTEMPTS):
            moved = job.after_part(done=done, failed=failed, now=now)
            item = moved.item()
            try:
                job_table.put(
                    item,
                    expected_version=job.version,
                    also=[job_table.part(item, job.series, at, dict(outcome))],
                )
            except VersionMoved:
                stored = job_table.find(job.kind, job.id)
                if stored is None or Job.from_model(stored).part != at:
                    return None
                job = Job.from_model(stored)
            else:
                return replace(moved, version=moved.version + 1)
        return None

    def _carry_out(self, owner: Actor | None, task: Task, now: datetime) -> TaskResult:
        if owner is None:
            return TaskResult(task.subject, error="Whoever started this may no longer use the product.")
        try:
            return TaskResult(task.subject, self._kinds[task.job.kind](owner, task, now))
        except Unavailable:
            raise
        except ServiceError as refused:
            return TaskResult(task.subject, error=refused.message)
        except StoreError:
            raise
        except Exception as error:  # a fault of ours in one task must not hold up the others
            log.error("job_task_failed", job=task.job.id, kind=task.job.kind, exc_info=error)
            return TaskResult(task.subject, error=OUR_FAULT)

    def _owner(self, job: Job) -> Actor | None:
        """Return who started a job, with what they may do now and could do when they started it."""
        actor = self._absent_actor(job.owner_id)
        if actor is None:
            return None
        allowed = {
            name: _narrower(scope, job.permissions[name])
            for name, scope in actor.permissions.items()
            if name in job.permissions
        }
        return replace(actor, permissions=allowed)

    def _set_state(self, state: State, actor: Actor, now: datetime, job_id: str) -> Job:
        for _ in range(ATTEMPTS):
            job = self.get(actor=actor, job_id=job_id)
            if job.owner_id != actor.user_id and not actor.may(Permission.SETTING_EDIT):
                raise PermissionDenied(Permission.SETTING_EDIT)
            if job.state is state:
                return job
            if job.has_ended:
                raise JobMoved("This job has ended already.")
            ended_at = now if state is State.STOPPED else None
            changed = replace(job, state=state, moved_at=now, ended_at=ended_at)
            entry = self._audit_writer.entry(
                actor=actor,
                now=now,
                action=f"job.{state}",
                subject=f"job:{job_id}",
                before={"state": str(job.state)},
                after={"state": str(state)},
            )
            try:
                job_table.put(changed.item(), expected_version=job.version, also=[entry])
            except VersionMoved:  # the worker has done a part meanwhile
                continue
            return replace(changed, version=changed.version + 1)
        raise JobMoved("This job is changing at this moment. Try again.")


def _narrower(one: Scope, other: Scope) -> Scope:
    if one.covers(other):
        return other
    return one if other.covers(one) else Scope.OWN


def _results_of(part: Item) -> Iterator[TaskResult]:
    subjects = part.value["subjects"]
    results = part.value.get("results")
    if results is None:
        yield from (TaskResult(subject, carried_out=False) for subject in subjects)
        return
    for subject, result in zip(subjects, results, strict=True):
        yield TaskResult(subject, result.get("value"), result.get("error"))
