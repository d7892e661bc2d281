"""What an unreliable engine does at random: each fault with its share of the requests it can happen to."""

import json
import random
import threading
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from tests.faults.fault_kinds import (
    FaultAction,
    Reply,
    Talk,
    cancel,
    conflict,
    fail,
    read_late,
    refusal,
    reset_after,
    reset_before,
    through,
)

FAULTS = ("throttled", "failed", "reset before", "reset after", "slow", "conflict", "late index")
SLOW = (0.02, 0.05)  # seconds
# Creating and describing tables is not part of the product's normal work.
SPARED = {"CreateTable", "DeleteTable", "DescribeTable", "ListTables", "UpdateTimeToLive"}
SINGLE_WRITES = {"PutItem", "UpdateItem", "DeleteItem"}
THROTTLING = ("ProvisionedThroughputExceededException", "ThrottlingException")


class Met(NamedTuple):
    """How often a fault could have happened, and did."""

    possible: Counter[str]
    done: Counter[str]


class Trouble:
    """Chooses at most one fault for each request; the same seed chooses the same for the same request.

    "The same request" is the n-th one of its kind: with several threads, who sends the n-th one differs.
    `rates` maps faults to shares of 1; together they may not exceed 1.
    """

    def __init__(self, rates: Mapping[str, float], seed: int = 0) -> None:
        assert set(rates) <= set(FAULTS), f"unknown faults: {set(rates) - set(FAULTS)}"
        assert sum(rates.values()) <= 1
        self._rates, self._seed = dict(rates), seed
        self._numbers: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.met = Met(Counter(), Counter())

    @classmethod
    def of_each(cls, rate: float, seed: int = 0) -> "Trouble":
        """Give every fault the same share."""
        return cls(dict.fromkeys(FAULTS, rate), seed)

    def act(self, operation: str, body: bytes) -> FaultAction | None:
        """Choose what happens to a request."""
        if operation in SPARED:
            return None
        special = _special(operation, body)
        possible, kind = set(FAULTS) - {"conflict", "late index"} | special, f"{operation} {special}"
        with self._lock:
            self._numbers[kind] += 1
            number = self._numbers[kind]
        rng = random.Random(f"{self._seed} {kind} {number}")
        drawn, fault = rng.random(), None
        for name, rate in self._rates.items():
            if 0 <= drawn < rate:
                fault = name
            drawn -= rate
        with self._lock:
            self.met.possible.update(possible)
            if fault not in possible:
                return None
            self.met.done[fault] += 1
        return _act(fault, operation, body, rng)


def _special(operation: str, body: bytes) -> set[str]:
    """Name the faults that only some requests can meet."""
    if operation == "TransactWriteItems" or operation in SINGLE_WRITES:
        return {"conflict"}
    return {"late index"} if operation == "Query" and b'"IndexName"' in body else set()


def _act(fault: str, operation: str, body: bytes, rng: random.Random) -> FaultAction:
    plain = {
        "failed": fail,
        "reset before": reset_before,
        "reset after": reset_after,
        "late index": read_late,
    }
    if fault in plain:
        return plain[fault]
    if fault == "slow":
        return _slow(rng.uniform(*SLOW))
    if fault == "conflict" and operation == "TransactWriteItems":
        return cancel("TransactionConflict", rng.randrange(len(json.loads(body)["TransactItems"])))
    if fault == "conflict":
        return conflict
    kind = rng.choice(THROTTLING)
    return lambda _: refusal(400, kind)


def _slow(seconds: float) -> FaultAction:
    def act(talk: Talk) -> Reply | None:
        talk.pause(seconds)
        return through(talk)

    return act
