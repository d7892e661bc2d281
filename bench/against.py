"""Another checkout's product next to this one, measured alternately: the ratio holds on a noisy machine too."""

import json
import os
import statistics
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.measure import Measured, Round
from bench.product import ProductFailed
from local.commands import INHERITED
from portal.config.settings import STOCK

STOP_SECONDS = 60.0
PYTHON = Path(".venv/bin/python")
FOLLOWER = Path("bench/follower.py")


class Other:
    """The bench of the other checkout, which follows this one's instructions."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        """Wait until it has loaded its data and started its product."""
        self._process = process
        self._labels: dict[str, dict[str, str]] = self._answer()

    def knows(self, phase: str, key: str) -> bool:
        """Tell whether it has an operation: an older checkout may lack one."""
        return key in self._labels[phase]

    def lane(self, phase: str, expected: Mapping[str, str]) -> "OtherLane":
        """Return its "reads" or "writes"; raises ProductFailed unless the operations are the same."""
        labels = self._labels[phase]
        if list(labels) != list(expected):
            raise ProductFailed(f"the other checkout measures {', '.join(labels)}: not the same operations")
        return OtherLane(self, labels)

    def pss(self) -> float:
        """Return the memory of its product in MiB; raises ProductFailed when the product has failed."""
        return float(self.ask(do="memory")["pss"])

    def ask(self, **question: object) -> dict[str, Any]:
        """Send one command and return its answer."""
        assert self._process.stdin is not None  # noqa: S101 - it was started with a pipe
        with suppress(BrokenPipeError):  # it has ended, which _answer reports
            print(json.dumps(question), file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None  # noqa: S101 - it was started with a pipe
        line = self._process.stdout.readline()
        if not line:
            raise ProductFailed(f"the other checkout's bench ended (exit {self._process.wait()})")
        answer: dict[str, Any] = json.loads(line)
        return answer


class OtherLane:
    """The other checkout's product, with its own operations."""

    def __init__(self, other: Other, labels: Mapping[str, str]) -> None:
        """Keep the other checkout and the labels of its operations."""
        self._other = other
        self.labels = labels

    def warm_up(self, key: str, seconds: float) -> list[str]:
        """Fill the caches of the other product."""
        errors: list[str] = self._other.ask(do="warm_up", key=key, seconds=seconds)["errors"]
        return errors

    def round(self, key: str, bench: int, seconds: float) -> tuple[Round | None, list[str]]:
        """Measure one round there."""
        answer = self._other.ask(do="round", key=key, seconds=seconds, bench=bench)
        return (Round(**answer["round"]) if answer["round"] else None), answer["errors"]


@contextmanager
def other(checkout: Path, *, size: int, corpus: Path, stock: bool = False) -> Iterator[Other]:
    """Start the bench of a checkout that is set up, on its own data; stop it at the end.

    `stock` makes its product use the stock DynamoDB client.
    """
    environment = {name: os.environ[name] for name in (*INHERITED, "PATH") if name in os.environ}
    where = ("--corpus", str(corpus.resolve()), "--home", str(checkout / "var" / "bench"))
    process = subprocess.Popen(
        [str(checkout / PYTHON), "-m", "bench.follower", "--size", str(size), *where],
        cwd=checkout,
        env=environment | ({"DYNAMODB_CLIENT": STOCK} if stock else {}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield Other(process)
        finally:
            _stop(process)


def _stop(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None  # noqa: S101 - it was started with a pipe
    process.stdin.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.terminate()


@dataclass
class Comparison:
    """What was measured of both products: operations round by round, memory in MiB at each start."""

    own: list[Measured]
    others: list[Measured]
    memory: list[tuple[float, float]]

    def ratios(self) -> list["Ratio"]:
        """Compare CPU time and memory; operations with a wrong answer are left out."""
        ratios = [
            Ratio.of(one.label, [r.cpu_ms for r in one.rounds], [r.cpu_ms for r in two.rounds])
            for one, two in zip(self.own, self.others, strict=True)
            if one.is_valid and two.is_valid and len(one.rounds) == len(two.rounds)
        ]
        own, others = zip(*self.memory, strict=True)
        return [*ratios, Ratio.of("memory (PSS), MiB", own, others)]

    def add(self, later: "Comparison") -> None:
        """Add what was measured after another start; our own rounds are shared with the result."""
        for one, more in zip(self.others, later.others, strict=True):
            one.add(more)
        self.memory += later.memory


@dataclass(frozen=True)
class Ratio:
    """One figure of both checkouts: the medians, the median of the rounds' ratios and their quartiles."""

    label: str
    own: float
    other: float
    ratio: float
    low: float
    high: float

    @classmethod
    def of(cls, label: str, own: Sequence[float], others: Sequence[float]) -> "Ratio":
        """Compare round by round."""
        each = [a / b for a, b in zip(own, others, strict=True)]
        low, ratio, high = statistics.quantiles(each, n=4) if len(each) > 1 else each * 3
        return cls(label, statistics.median(own), statistics.median(others), ratio, low, high)

    def line(self) -> str:
        """Write it as one line of the table."""
        spread = f"{self.low:.3f} to {self.high:.3f}"
        return f"  {self.label:<28}{self.own:>8.2f}{self.other:>8.2f}{self.ratio:>8.3f}   {spread}"


HEAD = f"{'against the other checkout':<30}{'own':>8}{'other':>8}{'ratio':>8}   quartiles of the rounds"
