"""`ledgerdesk worker`: what runs beside the web process, one leader at a time for what must run once."""

import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import click
import structlog

from portal.cli.product import Product, pass_product
from portal.cli.reply_listener import Handler, ReplyListener
from portal.web.heap import keep_small
from services import leases
from services.bootstrap import Services
from services.errors import EngineUnavailable

FOLLOW_EVERY = 1.0
SWEEP_EVERY = 600.0
PULSE_EVERY = 60.0
LISTEN_EVERY = 10.0
# Renewed every second; so short that a worker started after a crash goes on within five seconds. Two at work
# for a moment do no harm: each job is safe to run twice.
LEASE = timedelta(seconds=4)

log = structlog.get_logger()


@dataclass
class Job:
    """One piece of regular work; `alone` means that of all workers one does it at a time."""

    name: str
    every: float
    run: Callable[[datetime], object]
    due: float = 0.0
    alone: bool = True


@click.command("worker")
@pass_product
def worker(product: Product) -> None:
    """Keep the columnar copy up to date and sweep what has expired, until told to stop."""
    keep_small()
    # A flag and sleep, because an Event set inside a signal handler can wait for itself.
    told: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: told.append(received))
    jobs = _jobs(product.services, stopping=lambda: bool(told))
    listener = _reply_listener(product)
    if listener is not None:
        jobs.append(Job("replies", LISTEN_EVERY, lambda _: listener.ensure(), alone=False))
    log.info("worker ready")
    holder = f"{socket.gethostname()}:{os.getpid()}"
    clock = 0.0
    while not told:
        _run_due(jobs, clock, holder)
        time.sleep(FOLLOW_EVERY)
        clock += FOLLOW_EVERY
    if listener is not None:
        listener.stop()
    _hand_on(jobs, holder)
    log.info("worker stopped")


def _jobs(services: Services, stopping: Callable[[], bool]) -> list[Job]:
    return [
        # Where several machines run, each has a copy of its own; on one, a lock in its folder keeps order.
        Job("analytics", FOLLOW_EVERY, lambda now: services.reporting.analytics.follow(now=now), alone=False),
        Job("pulse", PULSE_EVERY, lambda now: _log_pulse(services, now), alone=False),
        Job("outbox", FOLLOW_EVERY, lambda now: services.outbox.deliver_due(now=now, stopping=stopping)),
        Job("jobs", FOLLOW_EVERY, lambda now: services.jobs.advance(now=now, stopping=stopping)),
        Job("ended_jobs", SWEEP_EVERY, lambda now: services.jobs.sweep(now=now)),
        Job("failed_deliveries", SWEEP_EVERY, lambda now: services.outbox.sweep(now=now)),
        Job("erasures", FOLLOW_EVERY, lambda now: services.privacy.erasures.advance(now=now)),
        Job("sessions", SWEEP_EVERY, lambda now: services.users.sessions.sweep(now=now)),
        Job("tokens", SWEEP_EVERY, lambda now: services.users.api_tokens.sweep(now=now)),
        Job("attempts", SWEEP_EVERY, lambda now: services.users.login_throttle.sweep(now=now)),
        Job(
            "idempotency_keys", SWEEP_EVERY, lambda now: services.maintenance.sweep_idempotency_keys(now=now)
        ),
    ]


def _reply_listener(product: Product) -> ReplyListener | None:
    """Build what takes replies to e-mails, if the settings ask for it."""
    settings, listen = product.settings, product.settings.mail_reply_listen
    if listen is None:
        return None
    replies = product.services.notifications.replies
    return ReplyListener(
        listen.host, listen.port, Handler(replies, settings.reply_address, lambda: datetime.now(UTC))
    )


def _hand_on(jobs: list[Job], holder: str) -> None:
    """Let go of what this worker leads, so that the next one goes on at once."""
    now = datetime.now(UTC)
    with suppress(EngineUnavailable):
        for job in jobs:
            if job.alone:
                leases.release(name=f"worker:{job.name}", holder=holder, now=now)


def _log_pulse(services: Services, now: datetime) -> None:
    """Write a line whose absence tells operators that the worker stands still."""
    log.info(
        "worker_pulse",
        behind=services.reporting.analytics.behind(now=now),
        mail_behind=services.outbox.behind(now=now),
        jobs_behind=services.jobs.behind(now=now),
    )


def _run_due(jobs: list[Job], clock: float, holder: str) -> None:
    """Run what is due; a failure is written down and the job comes round again."""
    for job in jobs:
        if job.due > clock:
            continue
        job.due = clock + job.every
        now = datetime.now(UTC)
        try:
            name = f"worker:{job.name}"
            if not job.alone or leases.acquire(name=name, holder=holder, now=now, until=now + LEASE):
                job.run(now)
        except EngineUnavailable as error:
            log.warning("worker_waits_for_engine", job=job.name, error=str(error))
        except Exception as error:
            log.error("worker_job_failed", job=job.name, exc_info=error)
