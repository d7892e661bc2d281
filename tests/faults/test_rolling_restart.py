"""A new version goes live under load: web loses no request, the worker no event and no email.

As ECS does it: the new task runs and is healthy, new connections go there, and only then does the old one get
TERM and end by itself.
"""

import json
import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path

import pytest

import models
from local.ports import free_port
from models import outbox
from models import user as users
from pynamodb_grid.tests.depth import deep
from services.outbox import CLAIM, SENDERS
from services.users.accounts.emails import NoticeEmails
from tests.faults.balancer import Balancer
from tests.faults.checks import not_whole, stored_history
from tests.faults.product import Product
from tests.faults.test_kill import check_changes, check_copy, check_words, wait_for_writes
from tests.faults.writers import Write, Writer
from tests.local.processes import wait_until
from tests.patience import PATIENCE

pytestmark = [pytest.mark.engine, pytest.mark.takes(8), deep]

ROLES = ("customer", "agent", "manager", "administrator")
# The balancer's deregistration delay, which is minutes on AWS: what is on its way to the old task arrives.
DELAY = 0.3
EMAILS = 1000  # more than the worker sends while the web processes end
A_FEW = 5
OURS = "rollout-"  # begins the ids of the test's own emails


@pytest.fixture(autouse=True)
def _calm() -> None:
    """Stand in for the other fault tests' proxy, which this one does not use."""


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    running = Product(tmp_path_factory.mktemp("rolling"))
    yield running
    running.stop()


@dataclass
class Rollout:
    """What was written during a rollout, and how the old tasks ended."""

    product: Product
    writers: list[Writer]
    addressed: list[str]
    ended: list[tuple[int, int]]
    moved: int

    @property
    def writes(self) -> list[Write]:
        """List the writes of all writers."""
        return [write for writer in self.writers for write in writer.writes]

    def mail_messages(self) -> list[Path]:
        """List the emails sent so far, without those that the writers cause."""
        return list((Path(self.product.environment["DATA_DIR"]) / "mail").glob(f"{OURS}*.eml"))


@pytest.fixture(scope="module")
def rollout(product: Product) -> Rollout:
    """Replace the task twice while users write: once in order, once its worker is killed."""
    balancer, stop = Balancer(product.port), threading.Event()
    writers = [Writer(balancer.port, role, seed, stop) for seed, role in enumerate(ROLES)]
    result = Rollout(product, writers, [], [], -balancer.connections)
    for writer in writers:
        writer.start()
    try:
        for how in (signal.SIGTERM, signal.SIGKILL):
            wait_for_writes(writers)
            result.ended.append(replace_task(result, balancer, how))
        wait_for_writes(writers)
    finally:
        stop.set()
        for writer in writers:
            writer.join(PATIENCE)
        balancer.close()
    result.moved += balancer.connections
    models.connect(product.options)
    return result


def replace_task(rollout: Rollout, balancer: Balancer, how: signal.Signals) -> tuple[int, int]:
    """Start a new web and worker, end the old ones and return their exit codes."""
    product = rollout.product
    worker, web = product.detach("worker"), product.detach("web")
    product.start("worker")
    product.port = free_port()
    product.environment = {**product.environment, "PORT": str(product.port)}
    product.start("web")
    product.wait_for_worker()
    balancer.port_served = product.port
    time.sleep(DELAY)
    enough = len(rollout.addressed) + A_FEW
    rollout.addressed += write_emails(product, how.name)
    web.terminate()
    wait_until(lambda: len(rollout.mail_messages()) >= enough)
    worker.send_signal(how)
    codes = web.wait(PATIENCE), worker.wait(PATIENCE)
    assert len(rollout.mail_messages()) < len(rollout.addressed), "the worker was ended in the middle"
    return codes


def test_the_old_task_ends_in_good_order(rollout):
    assert rollout.ended == [(0, 0), (0, -signal.SIGKILL)]
    log = rollout.product.log.read_text()
    assert "worker_job_failed" not in log
    assert "unexpected_error" not in log


def test_web_loses_no_request(rollout):
    assert [fault for writer in rollout.writers for fault in writer.unexpected] == []
    assert sum(writer.unanswered for writer in rollout.writers) == 0
    assert [write for write in rollout.writes if not write.acknowledged or write.sent != 1] == []
    assert rollout.moved >= 2 * len(ROLES), "everybody moved to each new task"


def test_nothing_is_doubled_and_the_worker_loses_no_event(rollout):
    history = stored_history()
    check_words(rollout.writes, history)
    check_changes(rollout.writes, history)
    assert not_whole(history) == []
    check_copy(rollout.product, history)


def test_the_worker_loses_no_email(rollout):
    # What a killed worker was sending waits until nobody else can be sending it any more.
    wait_until(lambda: not outbox.everything(), CLAIM.total_seconds() + PATIENCE)
    mail_messages = [message_from_bytes(path.read_bytes()) for path in rollout.mail_messages()]
    assert sorted(mail_message["To"] for mail_message in mail_messages) == sorted(rollout.addressed)
    delivered = Counter(deliveries(rollout.product))
    assert len(delivered) == len(rollout.addressed)
    # A kill after emails are sent but before that is noted sends them again, with the same ids.
    assert delivered.total() <= len(rollout.addressed) + SENDERS


def write_emails(product: Product, name: str) -> list[str]:
    """Put emails into the outbox, all at once; return their recipients."""
    models.connect(product.options)
    about, now = users.find_by_email("customer@demo.example"), datetime.now(UTC)
    addresses = [f"{name.lower()}-{number}@demo.example" for number in range(EMAILS)]
    with outbox.Outbox.batch_write() as batch:
        for address in addresses:
            payload = {"user_id": about.user_id, "email": address, "about": "moved"}
            batch.save(outbox.entry(NoticeEmails.kind, payload, due=now, id_=OURS + uuid.uuid4().hex))
    return addresses


def deliveries(product: Product) -> Iterator[str]:
    """Yield the id of each delivery that a worker noted."""
    for line in product.log.read_text().splitlines():
        if '"delivered"' in line and (delivery := json.loads(line)["delivery"]).startswith(OURS):
            yield delivery
