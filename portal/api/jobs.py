"""Jobs: long work for programs, started, watched, stopped and taken back."""

from itertools import islice
from typing import Any

from portal.api import reading
from portal.api.authentication import caller
from portal.api.job_schemas import BulkChange, Job, JobResult, JobResults, ResultList
from portal.api.operations import Answer, Controller, Example
from portal.api.pages import number_of
from portal.web.guards import now, services
from services.jobs import JobMoved, TaskResult
from services.tickets import Chosen
from services.users.identity import Permission

controller = Controller(
    "Jobs", "Work on many tickets, carried out in the background, part by part, each ticket once."
)
CHANGES = (Permission.TICKET_UPDATE, Permission.TICKET_ASSIGN)
CONTROLS = (*CHANGES, Permission.SETTING_EDIT)  # the last for the jobs of others
EXAMPLE = Example({"job_id": "$job"})


@controller.get("/jobs/<job_id>", returns=Job, example=EXAMPLE)
def job(job_id: str) -> Answer:
    """Read a job.

    One's own, or anybody's with `audit:view`. Jobs are kept for 30 days.
    """
    return _shown(services().jobs.get(actor=caller(), job_id=job_id))


@controller.get("/jobs/<job_id>/results", query=ResultList, returns=JobResults, example=EXAMPLE)
def job_results(job_id: str, query: ResultList) -> Answer:
    """List what became of the tasks of a job.

    In the order of the request. Tasks that wait are listed too, unless only failures are asked for.
    """
    stored = services().jobs.get(actor=caller(), job_id=job_id)
    first = number_of(query.cursor)
    results = enumerate(services().jobs.results(job=stored, first=first), first)
    rows = ((at, each) for at, each in results if not query.failed or each.error is not None)
    page = list(islice(rows, query.size + 1))
    following = str(page[query.size][0]) if len(page) > query.size else None
    return Answer(JobResults(results=[_result(each) for _, each in page[: query.size]], next=following))


@controller.post(
    "/tickets/changes", needs=CHANGES, body=BulkChange, returns=Job, status=201, replayed=job,
    example=Example(body={"tickets": [{"id": 1}, {"id": 2, "version": 3}], "changes": {"priority": "high"}}),
)  # fmt: skip
def change_tickets(body: Any) -> Answer:
    """Change many tickets.

    Starts a job that makes the same change in each of them. What a ticket refuses is in the results of the job.
    """
    started = services().tickets.bulk.change(
        actor=caller(),
        now=now(),
        tickets=[Chosen(each.id, each.version) for each in body.tickets],
        changes=body.changes.sent(),
        idempotency_key=reading.idempotency_key(),
    )
    return Answer(Job.of(started), place={"job_id": started.id})


@controller.post(
    "/jobs/<job_id>/pause", needs=CONTROLS, returns=Job, replayed=job, raises=(JobMoved,), example=EXAMPLE
)
def pause_job(job_id: str) -> Answer:
    """Pause a job.

    One's own, or anybody's with `setting:edit`.
    """
    return _shown(services().jobs.pause(actor=caller(), now=now(), job_id=job_id))


@controller.post(
    "/jobs/<job_id>/resume", needs=CONTROLS, returns=Job, replayed=job, raises=(JobMoved,), example=EXAMPLE
)
def resume_job(job_id: str) -> Answer:
    """Go on with a paused job.

    One's own, or anybody's with `setting:edit`.
    """
    return _shown(services().jobs.resume(actor=caller(), now=now(), job_id=job_id))


@controller.post(
    "/jobs/<job_id>/stop", needs=CONTROLS, returns=Job, replayed=job, raises=(JobMoved,), example=EXAMPLE
)
def stop_job(job_id: str) -> Answer:
    """Stop a job.

    What was done stays. One's own, or anybody's with `setting:edit`.
    """
    return _shown(services().jobs.stop(actor=caller(), now=now(), job_id=job_id))


@controller.post(
    "/jobs/<job_id>/undo", needs=CHANGES, returns=Job, status=201, replayed=job, raises=(JobMoved,),
    example=Example({"job_id": "$done_job"}),
)  # fmt: skip
def undo_job(job_id: str) -> Answer:
    """Undo what a job changed.

    Starts a job that takes back each change, unless somebody else has changed the same field since. The job that is
    undone must have ended.
    """
    changed = services().jobs.get(actor=caller(), job_id=job_id)
    return _shown(services().tickets.bulk.undo(actor=caller(), now=now(), job=changed))


def _shown(changed: Any) -> Answer:
    return Answer(Job.of(changed), place={"job_id": changed.id})


def _result(result: TaskResult) -> JobResult:
    ticket_id, _ = result.subject
    return JobResult(
        subject=ticket_id, value=result.value, error=result.error, carried_out=result.carried_out
    )
