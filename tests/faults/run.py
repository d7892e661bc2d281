"""One run of concurrent users on a faulty engine, with its results."""

import json
import os
import sys
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from models.store_errors import EngineUnavailable
from services.users.identity import SYSTEM
from tests.faults.concurrent_users import Agent, Customer, Person, SharedState, Write
from tests.faults.proxy import Proxy
from tests.faults.random_faults import Met, Trouble
from tests.portal.conftest import PASSWORD, Site, sign_in

RATE = 0.1
PEOPLE = [("customer", 2), ("agent", 6)]
FOLLOWING = 0.5  # seconds between two updates of the columnar copy

ASKED = os.environ.get("FAULT_OPERATIONS")  # a long run, which prints its figures


@dataclass
class RunResult:
    """What users wrote and were told, what was unexpected, and the faults they met."""

    writes: list[Write]
    unexpected: list[str]
    met: Met
    reads: int
    unreachable: int

    def figures(self) -> dict[str, Any]:
        """Summarize the run."""
        return {
            "writes": len(self.writes),
            "reads": self.reads,
            "outcomes": dict(Counter(write.outcome for write in self.writes)),
            "answers of 503": self.unreachable,
            "faults": {name: [self.met.done[name], count] for name, count in self.met.possible.items()},
        }


def tell(capsys: pytest.CaptureFixture[str], **figures: Any) -> None:
    """Print the figures of a run whose number of operations was set."""
    if ASKED:
        with capsys.disabled():
            sys.stdout.write(json.dumps(figures, indent=2) + "\n")


def run(site: Site, proxy: Proxy, *, operations: int, seed: int) -> RunResult:
    """Let eight people do random operations while every fault meets a tenth of the requests it can meet."""
    shared, trouble = SharedState(operations, seed), Trouble.of_each(RATE, seed)
    people = [_person(site, shared, role, number) for role, count in PEOPLE for number in range(count)]
    over = threading.Event()
    follower = threading.Thread(target=_follow, args=(site, over), daemon=True)
    proxy.disturb(trouble)
    try:
        for thread in (follower, *people):
            thread.start()
        for person in people:
            person.join()
    finally:
        over.set()
        follower.join()
        proxy.trouble = None
        proxy.late.settle()
    return RunResult(
        [write for person in people for write in person.writes],
        [line for person in people for line in person.unexpected],
        trouble.met,
        sum(person.reads for person in people),
        sum(person.unreachable for person in people),
    )


def _person(site: Site, shared: SharedState, role: str, number: int) -> Person:
    name = f"{role} {number}"
    if name not in site.users:
        user = site.services.users.accounts.create(
            actor=SYSTEM, now=datetime.now(UTC), name=name, email=f"{role}{number}@demo.example",
            role_id=role, password=PASSWORD,
        )  # fmt: skip
        site.users[name] = user.user_id
        site.clients[name] = sign_in(site.app, f"{role}{number}@demo.example")
    return (Customer if role == "customer" else Agent)(site, name, shared)


def _follow(site: Site, over: threading.Event) -> None:
    """Keep the columnar copy as the worker does."""
    while not over.wait(FOLLOWING):
        try:
            site.services.reporting.analytics.follow(now=datetime.now(UTC))
        except EngineUnavailable:
            continue
