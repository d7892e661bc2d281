"""Bounded keep-alive load with CPU accounting; counts as the shared load generator does."""

import os
import statistics
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Protocol

from bench.client import Client
from bench.processes import busy_seconds, cpu_seconds

MOST_ALONE, MOST_TOGETHER = 60, 400  # operations in one round at concurrency 1 and 8
WARM_UP, WARM_SECONDS = 24, 1.0
TOGETHER = 8
MOST_ERRORS = 20
NOISY = 0.1  # cores that other programs used meanwhile; above it a figure is marked


@dataclass(frozen=True)
class Operation:
    """One user action: `act` does it on a client of `connect` and raises when the answer is wrong."""

    key: str
    label: str
    connect: Callable[[], Client]
    act: Callable[[Client], None]


@dataclass(frozen=True)
class Roots:
    """The processes that CPU time is charged to, each with its descendants."""

    web: int
    engine: int
    worker: int

    @property
    def all(self) -> list[int]:
        """List them."""
        return [self.web, self.engine, self.worker]


@dataclass(frozen=True)
class Round:
    """One round of one operation: milliseconds, but for `rps` (a second) and `foreign` (cores)."""

    web_ms: float
    engine_ms: float
    worker_ms: float
    p50: float
    p95: float
    rps: float
    p50_together: float
    foreign: float
    count: int

    @property
    def cpu_ms(self) -> float:
        """Return the CPU time of web and engine for one operation."""
        return self.web_ms + self.engine_ms


@dataclass
class Measured:
    """All rounds of one operation; a figure is the median of its rounds."""

    key: str
    label: str
    rounds: list[Round] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def add(self, later: "Measured") -> None:
        """Add what was measured after another start."""
        self.rounds += later.rounds
        self.errors += later.errors

    @property
    def is_valid(self) -> bool:
        """Tell whether every operation got a correct answer."""
        return bool(self.rounds) and not self.errors

    @property
    def is_noisy(self) -> bool:
        """Tell whether other programs were busy meanwhile."""
        return bool(self.rounds) and self.median("foreign") > NOISY

    def median(self, name: str) -> float:
        """Return the median of one figure over the rounds."""
        return float(statistics.median(getattr(one, name) for one in self.rounds))

    def as_json(self) -> dict[str, object]:
        """Return everything that was measured, rounded."""
        figures: dict[str, object] = {"label": self.label, "valid": self.is_valid, "noisy": self.is_noisy}
        figures |= {"errors": len(self.errors), "first_error": next(iter(self.errors), None)}
        if self.rounds:
            names = ("cpu_ms", *(name for name in asdict(self.rounds[0]) if name != "count"))
            figures |= {name: round(self.median(name), 3) for name in names}
            figures["count"] = sum(one.count for one in self.rounds)
            figures["cpu_ms_rounds"] = [round(one.cpu_ms, 3) for one in self.rounds]
        return figures


class Lane(Protocol):
    """A product with the same operations, by key, as the products on the other lanes."""

    @property
    def labels(self) -> Mapping[str, str]:
        """Return the operations' labels by key, in the order to do them in."""

    def warm_up(self, key: str, seconds: float) -> list[str]:
        """Do an operation a few times; returns the errors."""

    def round(self, key: str, bench: int, seconds: float) -> tuple[Round | None, list[str]]:
        """Measure an operation; programs that do not descend from the process `bench` are foreign."""


class OwnLane:
    """The product of this checkout, measured from this process."""

    def __init__(self, operations: Sequence[Operation], roots: Roots) -> None:
        """Keep the operations and the product's processes."""
        self._operations = {one.key: one for one in operations}
        self._roots = roots

    @property
    def labels(self) -> Mapping[str, str]:
        """Return the operations' labels by key."""
        return {key: one.label for key, one in self._operations.items()}

    def warm_up(self, key: str, seconds: float) -> list[str]:
        """Fill the caches of the product."""
        return run(self._operations[key], TOGETHER, min(WARM_SECONDS, seconds), WARM_UP)[1]

    def round(self, key: str, bench: int, seconds: float) -> tuple[Round | None, list[str]]:
        """Measure one round."""
        return _round(self._operations[key], _Meter(self._roots, bench), seconds)


def measure(
    lanes: Sequence[Lane], *, rounds: int, seconds: float, say: Callable[[str], None]
) -> list[list[Measured]]:
    """Warm everything up, then go `rounds` times through all operations; returns each lane's figures.

    An operation is measured on one lane right after the other, so that drift affects all lanes equally.
    """
    measured = [[Measured(key, label) for key, label in lane.labels.items()] for lane in lanes]
    turns = [
        (lane, operations[place])
        for place in range(len(measured[0]))
        for lane, operations in zip(lanes, measured, strict=True)
    ]
    for lane, figures in turns:
        figures.errors += lane.warm_up(figures.key, seconds)
    for number in range(rounds):
        for lane, figures in turns:
            if len(figures.errors) > MOST_ERRORS:
                continue
            done, errors = lane.round(figures.key, os.getpid(), seconds)
            figures.errors += errors
            if done is not None:
                figures.rounds.append(done)
        say(f"round {number + 1} of {rounds}")
    return measured


def run(
    operation: Operation, concurrency: int, seconds: float, most: int
) -> tuple[list[float], list[str], float]:
    """Run an operation from several clients; returns its times in seconds, its errors and the wall time."""
    times: list[float] = []
    errors: list[str] = []
    lock = threading.Lock()
    left = most
    end = time.monotonic() + seconds

    def work() -> None:
        nonlocal left
        client = operation.connect()
        while time.monotonic() < end and len(errors) <= MOST_ERRORS:
            with lock:
                if left <= 0:
                    break
                left -= 1
            begun = time.perf_counter()
            try:
                operation.act(client)
            except Exception as error:
                errors.append(repr(error)[:200])
                continue
            times.append(time.perf_counter() - begun)
        client.close()

    threads = [threading.Thread(target=work) for _ in range(concurrency)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, errors, time.perf_counter() - begun


class _Meter:
    """CPU seconds spent since it was read last; what does not descend from the process `bench` is foreign."""

    def __init__(self, roots: Roots, bench: int) -> None:
        self._roots, self._bench = roots, bench
        self._last = self._read()

    def spent(self) -> tuple[float, float, float, float]:
        """Return what web, engine, worker and all foreign programs used."""
        now = self._read()
        web, engine, worker, ours, busy = (b - a for a, b in zip(self._last, now, strict=True))
        self._last = now
        return web, engine, worker, busy - ours

    def _read(self) -> tuple[float, ...]:
        of = [cpu_seconds([root]) for root in self._roots.all]
        return (*of, cpu_seconds([self._bench]), busy_seconds())


def _round(operation: Operation, meter: _Meter, seconds: float) -> tuple[Round | None, list[str]]:
    alone, errors, wall = run(operation, 1, seconds, MOST_ALONE)
    first = meter.spent()
    together, more, wall_together = run(operation, TOGETHER, seconds, MOST_TOGETHER)
    second = meter.spent()
    errors += more
    if not alone or not together:
        return None, errors or ["no operation ended in time"]
    count = len(alone) + len(together)
    web, engine, worker = ((first[part] + second[part]) / count * 1000 for part in range(3))
    alone.sort()
    done = Round(
        web_ms=web,
        engine_ms=engine,
        worker_ms=worker,
        p50=statistics.median(alone) * 1000,
        p95=alone[min(len(alone) - 1, int(len(alone) * 0.95))] * 1000,
        rps=len(together) / wall_together,
        p50_together=statistics.median(together) * 1000,
        foreign=max(0.0, first[3] / wall),
        count=count,
    )
    return done, errors
