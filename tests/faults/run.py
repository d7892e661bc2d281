"""One run of a crowd through a faulty engine, with what came of it."""

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
from tests.faults.concurrent_users import Agent, Customer, Person, Town, Wish
from tests.faults.proxy import Proxy
from tests.faults.random_faults import Met, Trouble
from tests.portal.conftest import PASSWORD, Site, sign_in

RATE = 0.1
PEOPLE = [("customer", 2), ("agent", 6)]
FOLLOWING = 0.5  # seconds between two looks of the one who keeps the columnar copy

ASKED = os.environ.get("FAULT_OPERATIONS")  # a long run, whose figures are wanted


@dataclass
class Done:
    """What people wished and were told, what was strange about it, and the faults that were met."""

    wishes: list[Wish]
    strange: list[str]
    met: Met
    reads: int
    unreachable: int

    def figures(self) -> dict[str, Any]:
        """Sum it up."""
        return {
            "wishes": len(self.wishes),
            "reads": self.reads,
            "outcomes": dict(Counter(wish.outcome for wish in self.wishes)),
            "answers of 503": self.unreachable,
            "faults": {name: [self.met.done[name], count] for name, count in self.met.possible.items()},
        }


def tell(capsys: pytest.CaptureFixture[str], **figures: Any) -> None:
    """Print the figures of a run that somebody asked for by its number of operations."""
    if ASKED:
        with capsys.disabled():
            sys.stdout.write(json.dumps(figures, indent=2) + "\n")


def run(site: Site, proxy: Proxy, *, operations: int, seed: int) -> Done:
    """Let eight people do random operations while every fault meets a tenth of the requests it can meet."""
    town, trouble = Town(operations, seed), Trouble.of_each(RATE, seed)
    people = [_person(site, town, role, number) for role, count in PEOPLE for number in range(count)]
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
    return Done(
        [wish for person in people for wish in person.wishes],
        [line for person in people for line in person.strange],
        trouble.met,
        sum(person.reads for person in people),
        sum(person.unreachable for person in people),
    )


def _person(site: Site, town: Town, role: str, number: int) -> Person:
    name = f"{role} {number}"
    if name not in site.users:
        made = site.services.users.accounts.create(
            actor=SYSTEM, now=datetime.now(UTC), name=name, email=f"{role}{number}@demo.example",
            role_id=role, password=PASSWORD,
        )  # fmt: skip
        site.users[name] = made.user_id
        site.clients[name] = sign_in(site.app, f"{role}{number}@demo.example")
    return (Customer if role == "customer" else Agent)(site, name, town)


def _follow(site: Site, over: threading.Event) -> None:
    """Keep the columnar copy as the worker does."""
    while not over.wait(FOLLOWING):
        try:
            site.services.reporting.analytics.follow(now=datetime.now(UTC))
        except EngineUnavailable:
            continue
