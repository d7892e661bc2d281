"""Long work is carried out part by part, each task once, whatever stops the worker, and shown to its owner."""

from datetime import timedelta

import pytest

from models import audit as audit_table
from models import job as job_table
from models import user as user_table
from services.errors import EngineUnavailable, Invalid
from services.jobs import MAX_TASKS, JobMoved, JobNotFound, State
from services.jobs.job import KEEP
from services.jobs.job_service import PARTS_PER_RUN, TASKS_OF_A_PART
from services.users.identity import Permission, Scope

A_RUN = PARTS_PER_RUN * TASKS_OF_A_PART


class Killed(BaseException):
    """The process ended at this point."""


@pytest.fixture
def jobs(harness):
    return harness.services.jobs


@pytest.fixture
def carried_out(jobs):
    """Register a kind of job that fails odd subjects above a thousand, and note what it was asked to do."""
    calls = []

    def carry_out(actor, task, now):
        calls.append((task.subject, task.key, actor))
        if task.subject > 1000 and task.subject % 2:
            raise Invalid(f"{task.subject} is odd.")
        return task.subject * 2

    jobs.register("doubling", carry_out)
    yield calls
    for item in list(job_table.running("doubling")):
        item.delete()


@pytest.fixture
def start(harness, jobs, carried_out):
    def start(actor, subjects, **more):
        return jobs.start(
            actor=actor,
            now=harness.now(),
            kind="doubling",
            title="Doubling",
            subjects=list(subjects),
            **more,
        )

    return start


def advance(harness, jobs):
    return jobs.advance(now=harness.now())


def failures(jobs, job):
    return [result for result in jobs.results(job=job) if result.error is not None]


def again(jobs, job, actor):
    return jobs.get(actor=actor, job_id=job.id)


def test_every_task_is_carried_out_once_and_its_result_is_kept_in_order(harness, jobs, start, carried_out):
    agent = harness.actor("agent")
    subjects = range(1000 - 60, 1000 + 62)
    job = start(agent, subjects)
    assert (job.state, job.total, job.done, job.remaining) == (State.RUNNING, 122, 0, 122)
    assert advance(harness, jobs) == A_RUN
    part_way = again(jobs, job, agent)
    assert part_way.state is State.RUNNING
    assert part_way.done + part_way.failed == A_RUN
    assert advance(harness, jobs) == 122 - A_RUN
    done = again(jobs, job, agent)
    assert (done.state, done.done, done.failed, done.remaining) == (State.DONE, 91, 31, 0)
    assert done.ended_at is not None
    assert [subject for subject, _, _ in carried_out] == list(subjects)
    assert len({key for _, key, _ in carried_out}) == 122
    results = list(jobs.results(job=done))
    assert [result.subject for result in results] == list(subjects)
    assert results[0].value == 1880
    assert results[61].error == "1001 is odd."
    assert [failure.subject for failure in failures(jobs, done)][:2] == [1001, 1003]
    for first in (0, 1, 24, 25, 26, 121, 122, 500):
        assert list(jobs.results(job=done, first=first)) == results[first:]
    assert advance(harness, jobs) == 0


@pytest.mark.parametrize("count", [0, MAX_TASKS + 1])
def test_a_job_with_no_task_or_too_many_is_refused(harness, start, count):
    with pytest.raises(Invalid, match="10,000"):
        start(harness.actor("agent"), range(count))


def test_what_waits_is_told_from_what_returned_nothing(harness, jobs, start):
    job = start(harness.actor("agent"), range(3))
    assert [result.carried_out for result in jobs.results(job=job)] == [False] * 3


def test_a_worker_that_is_killed_does_one_part_again_with_the_same_keys(harness, jobs, start, carried_out):
    agent = harness.actor("agent")
    job = start(agent, range(2 * TASKS_OF_A_PART))
    carry_out = jobs._kinds["doubling"]

    def killed_at_ten(actor, task, now):
        if task.subject == TASKS_OF_A_PART + 10:
            raise Killed
        return carry_out(actor, task, now)

    jobs.register("doubling", killed_at_ten)
    with pytest.raises(Killed):
        advance(harness, jobs)
    assert again(jobs, job, agent).done == TASKS_OF_A_PART
    jobs.register("doubling", carry_out)
    advance(harness, jobs)
    assert again(jobs, job, agent).done == 2 * TASKS_OF_A_PART
    keys = {}
    for subject, key, _ in carried_out:
        assert keys.setdefault(subject, key) == key
    assert len(keys) == 2 * TASKS_OF_A_PART
    repeated = [subject for subject, _, _ in carried_out]
    assert sorted(set(repeated)) == list(range(2 * TASKS_OF_A_PART))
    assert {one for one in repeated if repeated.count(one) > 1} <= set(
        range(TASKS_OF_A_PART, TASKS_OF_A_PART + 10)
    )


def test_while_the_engine_is_away_nothing_is_counted(harness, jobs, start):
    agent = harness.actor("agent")
    job = start(agent, range(3))
    carry_out = jobs._kinds["doubling"]

    def away(actor, task, now):
        raise EngineUnavailable("no answer")

    jobs.register("doubling", away)
    assert advance(harness, jobs) == 0
    assert again(jobs, job, agent).remaining == 3
    jobs.register("doubling", carry_out)
    advance(harness, jobs)
    assert again(jobs, job, agent).state is State.DONE


def test_two_workers_at_once_count_each_part_once(harness, jobs, start):
    agent = harness.actor("agent")
    job = start(agent, range(TASKS_OF_A_PART))
    carry_out = jobs._kinds["doubling"]

    def beside_another(actor, task, now):
        if task.subject == 5:
            jobs.register("doubling", carry_out)
            advance(harness, jobs)  # the other worker is faster
        return carry_out(actor, task, now)

    jobs.register("doubling", beside_another)
    advance(harness, jobs)
    assert again(jobs, job, agent).done == TASKS_OF_A_PART


def test_a_paused_job_waits_and_goes_on_and_a_stopped_one_does_not(harness, jobs, start):
    agent = harness.actor("agent")
    job = start(agent, range(A_RUN + 1))
    advance(harness, jobs)
    changes = {"actor": agent, "job_id": job.id}
    assert jobs.pause(**changes, now=harness.now()).state is State.PAUSED
    assert jobs.pause(**changes, now=harness.now()).state is State.PAUSED
    assert advance(harness, jobs) == 0
    assert jobs.resume(**changes, now=harness.now()).state is State.RUNNING
    assert jobs.stop(**changes, now=harness.now()).state is State.STOPPED
    assert advance(harness, jobs) == 0
    stopped = again(jobs, job, agent)
    assert (stopped.done, stopped.remaining) == (A_RUN, 1)
    with pytest.raises(JobMoved):
        jobs.resume(**changes, now=harness.now())
    actions = [entry.action for entry in audit_table.of_subject(f"job:{job.id}")]
    assert sorted(actions) == ["job.paused", "job.running", "job.started", "job.stopped"]


@pytest.mark.parametrize("state", [State.PAUSED, State.STOPPED])
def test_a_job_that_is_paused_in_the_middle_of_a_part_keeps_what_the_part_did(harness, jobs, start, state):
    agent = harness.actor("agent")
    job = start(agent, range(2 * TASKS_OF_A_PART))
    carry_out = jobs._kinds["doubling"]
    set_state = jobs.pause if state is State.PAUSED else jobs.stop

    def interrupted(actor, task, now):
        if task.subject == 3:
            set_state(actor=agent, now=now, job_id=job.id)
        return carry_out(actor, task, now)

    jobs.register("doubling", interrupted)
    assert advance(harness, jobs) == TASKS_OF_A_PART
    stored = again(jobs, job, agent)
    assert (stored.state, stored.done) == (state, TASKS_OF_A_PART)


def test_the_owner_and_who_reads_the_audit_log_see_a_job_and_nobody_else(harness, jobs, start):
    owner = harness.actor("agent")
    job = start(owner, range(3))
    assert again(jobs, job, owner) == again(jobs, job, harness.actor("administrator")) == job
    for stranger in (harness.actor("agent"), harness.actor("customer")):
        with pytest.raises(JobNotFound):
            again(jobs, job, stranger)
        with pytest.raises(JobNotFound):
            jobs.stop(actor=stranger, now=harness.now(), job_id=job.id)


@pytest.mark.parametrize("id_", ["", "x", "a#b", "../x", "\N{GREEK SMALL LETTER ALPHA}", "x" * 3000])
def test_an_id_that_is_none_finds_nothing(harness, jobs, start, id_):
    with pytest.raises(JobNotFound):
        jobs.get(actor=harness.actor("administrator"), job_id=id_)


def test_a_fault_of_ours_fails_one_task_and_holds_up_nothing(harness, jobs, start):
    owner = harness.actor("agent")
    job = start(owner, range(3))
    carry_out = jobs._kinds["doubling"]
    jobs.register("doubling", lambda actor, task, now: 1 / task.subject and carry_out(actor, task, now))
    advance(harness, jobs)
    done = again(jobs, job, owner)
    assert (done.state, done.done, done.failed) == (State.DONE, 2, 1)
    assert "on our side" in failures(jobs, done)[0].error


def test_parts_of_a_job_are_no_jobs(harness, jobs, start):
    owner = harness.actor("administrator")
    job = start(owner, range(3))
    with pytest.raises(JobNotFound):
        jobs.get(actor=owner, job_id=f"{job.id}#{job.series}#0")


def test_the_same_id_starts_one_job_and_its_results_stay(harness, jobs, start):
    owner = harness.actor("agent")
    first = start(owner, range(3), id_="once")
    advance(harness, jobs)
    second = start(owner, range(3), id_="once")
    assert (second.id, second.state) == (first.id, State.DONE)
    assert [result.value for result in jobs.results(job=second)] == [0, 2, 4]


def test_whoever_may_no_longer_use_the_product_has_nothing_done_for_them(harness, jobs, start, carried_out):
    owner = harness.actor("agent")
    job = start(owner, range(3))
    user_table.update(owner.user_id, active=False)
    harness.services.users.accounts.forget(owner.user_id)
    advance(harness, jobs)
    assert carried_out == []
    assert [failure.error for failure in failures(jobs, again(jobs, job, owner))] == [
        "Whoever started this may no longer use the product."
    ] * 3


def test_a_job_may_do_no_more_than_its_owner_could_when_they_started_it(harness, jobs, start, carried_out):
    owner = harness.actor("manager", permissions={Permission.TICKET_UPDATE: Scope.OWN})
    start(owner, range(1))
    advance(harness, jobs)
    assert carried_out[0][2].permissions == {Permission.TICKET_UPDATE: Scope.OWN}


def test_jobs_are_deleted_after_a_month_with_their_parts(harness, jobs, start):
    owner = harness.actor("agent")
    job = start(owner, range(30))
    advance(harness, jobs)
    later = job.started_at + KEEP
    jobs.sweep(now=later - timedelta(hours=1))
    assert again(jobs, job, owner).state is State.DONE
    while jobs.sweep(now=later + timedelta(hours=1)):
        pass
    with pytest.raises(JobNotFound):
        again(jobs, job, owner)
    assert job_table.find_parts(job.item(), job.series, range(2)) == {}


def test_the_backlog_is_how_long_a_job_has_been_waiting_for_its_next_part(harness, jobs, start):
    agent = harness.actor("agent")
    assert jobs.behind(now=harness.now()) == 0.0
    job = start(agent, range(A_RUN + 1))
    assert jobs.behind(now=job.started_at + timedelta(seconds=90)) == 90.0
    advance(harness, jobs)
    moved = again(jobs, job, agent).moved_at
    assert jobs.behind(now=moved + timedelta(seconds=5)) == 5.0
    jobs.pause(actor=agent, now=harness.now(), job_id=job.id)
    assert jobs.behind(now=moved + timedelta(days=1)) == 0.0
    resumed = jobs.resume(actor=agent, now=moved + timedelta(days=1), job_id=job.id)
    assert jobs.behind(now=resumed.moved_at + timedelta(seconds=5)) == 5.0
