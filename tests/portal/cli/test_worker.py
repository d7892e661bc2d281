"""`ledgerdesk worker`: one leader, who is followed at once after a crash, and whom no failure ends."""

import smtplib
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from local.ports import free_port
from models import lease, outbox
from models.store_errors import EngineUnavailable
from portal.cli.product import Product
from portal.cli.worker import LEASE, Job, _hand_on, _jobs, _log_pulse, _reply_listener, _run_due
from portal.config.settings import Settings
from services.reporting import AnalyticsEngine
from tests.patience import PATIENCE

RESUMED = 5  # seconds until work goes on after a crash


@pytest.fixture
def ran():
    return []


def job(ran, every=1.0, fails=None):
    def run(now):
        ran.append(now)
        if fails is not None:
            raise fails

    return Job(f"job-{id(ran)}", every, run)


def test_a_job_runs_when_it_is_due(tables, ran):
    work = [job(ran, every=3.0)]
    for clock in range(7):
        _run_due(work, float(clock), "one")
    assert len(ran) == 3


def test_one_at_a_time_leads(tables, ran):
    work = job(ran)
    _run_due([work], 0.0, "one")
    _run_due([Job(work.name, 1.0, work.run)], 0.0, "another")
    assert len(ran) == 1
    _run_due([work], 1.0, "one")
    assert len(ran) == 2


@pytest.mark.parametrize("fails", [EngineUnavailable("away"), ValueError("a bug")])
def test_a_failure_ends_neither_the_job_nor_the_worker(tables, ran, capsys, fails):
    work = [job(ran, fails=fails)]
    _run_due(work, 0.0, "one")
    _run_due(work, 1.0, "one")
    assert len(ran) == 2


def test_a_worker_that_stops_lets_the_next_one_go_on_at_once(tables, ran):
    work = job(ran)
    _run_due([work], 0.0, "one")
    _hand_on([work], "another")
    _run_due([Job(work.name, 1.0, work.run)], 0.0, "another")
    assert len(ran) == 1, "nobody lets go of what somebody else leads"
    _hand_on([work], "one")
    _run_due([Job(work.name, 1.0, work.run)], 0.0, "another")
    assert len(ran) == 2


def test_after_a_crash_the_next_one_leads_within_seconds(tables):
    crashed = datetime.now(UTC)
    assert lease.acquire("worker:x", "one", now=crashed, until=crashed + LEASE)
    later = crashed + timedelta(seconds=RESUMED)
    assert lease.acquire("worker:x", "another", now=later, until=later + LEASE)


def test_each_worker_keeps_the_copy_of_its_own_machine(tables, ran):
    work = job(ran)
    for worker in ("one", "another"):
        _run_due([Job(work.name, 1.0, work.run, alone=False)], 0.0, worker)
    assert len(ran) == 2


def test_what_is_delivered_or_deleted_is_done_by_one_worker_alone(site):
    jobs = _jobs(site.app.extensions["services"], lambda: False)
    assert {job.name for job in jobs if not job.alone} == {"analytics", "pulse"}


def test_the_sign_of_life_says_how_far_reports_and_emails_are_behind(site):
    services = site.app.extensions["services"]
    followed = datetime.now(UTC)
    services.reporting.analytics.follow(now=followed)
    for waiting in outbox.everything():  # of other tests
        outbox.done(waiting)
    services.outbox.put("nothing", {}, now=followed)
    with capture_logs() as lines:
        _log_pulse(services, followed + timedelta(seconds=90))
    line = lines[-1]
    assert line["event"] == "worker_pulse"
    assert 0 < line["behind"] <= 91
    assert line["mail_behind"] == 90
    assert line["jobs_behind"] == 0


def test_the_worker_takes_replies_only_where_the_settings_say_so(site, tmp_path):
    assert _listener(site, tmp_path, listen="") is None
    address = f"127.0.0.1:{free_port()}"
    listener = _listener(site, tmp_path, listen=address)
    listener.ensure()
    with smtplib.SMTP(*address.split(":"), timeout=PATIENCE) as client:
        client.ehlo()
        assert client.mail("ana@example.org")[0] == 250
        assert client.rcpt(_settings(tmp_path, address).mail_from.address)[0] == 250
    listener.stop()


def _settings(folder, listen):
    return Settings.from_env({"DATA_DIR": str(folder), "MAIL_REPLY_LISTEN": listen})


def _listener(site, folder, *, listen):
    return _reply_listener(Product(_settings(folder, listen), site.app.extensions["services"]))


def test_before_the_first_copy_the_worker_is_alive_too(tmp_path):
    assert AnalyticsEngine(tmp_path, None).behind(now=datetime.now(UTC)) is None
