"""What is counted in the product's JSON logs: each names an event that the product really writes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Signal:
    """A metric made of one kind of log line: how many there were, or the highest value of a field."""

    name: str
    event: str
    field: str | None = None


ERRORS = Signal("UnexpectedErrors", "unexpected_error")
ENGINE = Signal("EngineUnavailable", "engine_unavailable")
WORKER_WAITS = Signal("WorkerWaitsForEngine", "worker_waits_for_engine")
JOB_FAILED = Signal("WorkerJobFailed", "worker_job_failed")
WORKER_ALIVE = Signal("WorkerPulse", "worker_pulse")
REPORTS_BEHIND = Signal("ReportsBehindSeconds", "worker_pulse", field="behind")
MAIL_BEHIND = Signal("MailBehindSeconds", "worker_pulse", field="mail_behind")
JOBS_BEHIND = Signal("JobsBehindSeconds", "worker_pulse", field="jobs_behind")
MAIL_SENT = Signal("Delivered", "delivered")
MAIL_DELAYED = Signal("DeliveryDelayed", "delivery_delayed")
MAIL_GIVEN_UP = Signal("DeliveryGivenUp", "delivery_given_up")
MAIL_REFUSED = Signal("DeliveryRefused", "delivery_refused")
MAIL_FAILED = Signal("DeliveryFailed", "delivery_failed")

SIGNALS = (
    ERRORS, ENGINE, WORKER_WAITS, JOB_FAILED, WORKER_ALIVE, REPORTS_BEHIND, JOBS_BEHIND,
    MAIL_BEHIND, MAIL_SENT, MAIL_DELAYED, MAIL_GIVEN_UP, MAIL_REFUSED, MAIL_FAILED,
)  # fmt: skip
