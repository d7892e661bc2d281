"""kill -9 of web, worker and engine under write load: what was acknowledged is stored once and completely."""

import itertools
import json
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import models
from models.ticket_history import TicketHistory
from pynamodb_grid.tests.depth import DEEP
from tests.engines import embedded_only
from tests.faults.checks import History, miscounted, not_whole, stored_history
from tests.faults.product import Product
from tests.faults.writers import Write, Writer
from tests.local.processes import wait_until
from tests.patience import PATIENCE

pytestmark = [pytest.mark.engine, embedded_only]

# The last victim must be the worker: a write that a dead engine held up may be older than the seconds that a
# worker looks back, all but at its start and once a minute.
ROUNDS = int(os.environ.get("KILL_ROUNDS") or (20 if DEEP else 5))
VICTIMS = ("web", "worker", "engine")
PROCESSES = {"web": 3, "worker": 1, "engine": 2}  # that end with each
WRITERS = ("customer", "agent", "manager", "administrator") * 2
WRITES_BETWEEN = 20  # acknowledged changes that a round waits for before it kills


@pytest.fixture(autouse=True)
def _calm() -> None:
    """Stand in for the other fault tests' proxy, which this one does not use."""


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    running = Product(tmp_path)
    yield running
    running.stop()


@pytest.mark.takes(12 + ROUNDS)
def test_every_acknowledged_change_survives_kills_of_everything(product):
    writers = write_through_kills(product)
    writes = [write for writer in writers for write in writer.writes]
    assert [fault for writer in writers for fault in writer.unexpected] == []
    assert sum(write.acknowledged for write in writes) > ROUNDS * WRITES_BETWEEN
    # Otherwise the kills hit nothing: some requests must have failed; in a long run, some for good.
    assert sum(writer.unanswered for writer in writers) >= ROUNDS / 8
    assert ROUNDS < 20 or [write for write in writes if not write.acknowledged]

    models.connect(product.options)
    history = stored_history()
    check_words(writes, history)
    check_changes(writes, history)
    assert not_whole(history) == []
    verified = product.command("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert f"{len(history)} tickets" in verified.stdout
    check_copy(product, history)
    log = product.log.read_text()
    assert "unexpected_error" not in log, log
    assert "worker_job_failed" not in log, log


def write_through_kills(product: Product) -> list[Writer]:
    """Kill one process after the other while users write; return the writers."""
    stop = threading.Event()
    writers = [Writer(product.port, role, seed, stop) for seed, role in enumerate(WRITERS)]
    for writer in writers:
        writer.start()
    try:
        assert VICTIMS[(ROUNDS - 1) % len(VICTIMS)] == "worker"
        for number, victim in zip(range(ROUNDS), itertools.cycle(VICTIMS), strict=False):
            wait_for_writes(writers)
            failed = sum(writer.unanswered for writer in writers)
            killed = product.kill(victim)
            assert len(killed) == PROCESSES[victim]
            # Otherwise the engine is back before the last retry: answers are ambiguous then, not missing.
            if victim == "engine" and number % 2:
                wait_for_failures(writers, failed)
            product.start(victim)
        wait_for_writes(writers)
    finally:
        stop.set()
        for writer in writers:
            writer.join(PATIENCE)
    assert not [writer for writer in writers if writer.is_alive()]
    return writers


def wait_for_writes(writers: Sequence[Writer]) -> None:
    """Wait until the product has taken some more changes from all writers together."""
    enough = sum(writer.acknowledged for writer in writers) + WRITES_BETWEEN
    wait_until(lambda: sum(writer.acknowledged for writer in writers) >= enough, PATIENCE)


def wait_for_failures(writers: Sequence[Writer], known: int) -> None:
    """Wait until some request gets no response."""
    wait_until(lambda: sum(writer.unanswered for writer in writers) > known, PATIENCE)


def check_words(writes: Sequence[Write], history: History) -> None:
    """Every acknowledged message is stored once, on its ticket; no other message is stored twice."""
    places: dict[str, list[tuple[int, int]]] = {}
    for ticket_id, items in history.items():
        for item in items:
            if item.body is not None:
                places.setdefault(item.body, []).append((ticket_id, int(item.version)))
    for write in writes:
        if not write.text:
            continue
        positions = places.get(write.text, [])
        assert len(positions) == 1 if write.acknowledged else len(positions) <= 1, (
            f"{write} is stored at {positions}"
        )
        if positions and write.ticket_id is not None:
            assert positions[0][0] == write.ticket_id, f"{write} is stored at {positions}"
        assert not positions or (write.kind == "created") == (positions[0][1] == 1)


def check_changes(writes: Sequence[Write], history: History) -> None:
    """Every acknowledged change of properties is one version of its own, after the one it was based on."""
    by_ticket: dict[int, list[Write]] = {}
    for write in writes:
        if write.changes and write.ticket_id is not None:
            by_ticket.setdefault(write.ticket_id, []).append(write)
    assert by_ticket
    for ticket_id, requested in by_ticket.items():
        left = [item for item in history[ticket_id] if item.kind in ("changed", "assigned")]
        assert len(left) <= len(requested)
        # The acknowledged ones first: one that was given up may have requested the same change.
        for write in sorted(requested, key=lambda write: not write.acknowledged):
            match = next((item for item in left if carries(item, write)), None)
            assert match is not None or not write.acknowledged, f"{write} is lost"
            if match is not None:
                left.remove(match)
        assert not left, f"ticket {ticket_id} has changes nobody asked for"


def carries(item: TicketHistory, write: Write) -> bool:
    """Tell whether a version holds exactly the changes of a write."""
    stored = {
        name: (old or "", new or "") for name, (old, new) in item.changes.items() if name in write.changes
    }
    return int(item.version) > write.expected_version and stored == write.changes


def check_copy(product: Product, history: History) -> None:
    """The columnar copy catches up and counts what the ledger holds."""
    events = sum(map(len, history.values()))
    latest: dict[str, Any] = {}

    def caught_up() -> bool:
        answer = product.command("analytics", "summary", "--json")
        assert answer.returncode == 0, answer.stderr
        latest.update(json.loads(answer.stdout))
        return bool(latest["history_items"] >= events)

    wait_until(caught_up, PATIENCE)
    assert miscounted(latest, history) == []
