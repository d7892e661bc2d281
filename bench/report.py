"""Targets, the printed table, and the JSON file."""

import json
import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.against import HEAD, Comparison
from bench.dataset import FEW, label_of
from bench.login_storm import AT_ONCE, Storm
from bench.measure import Measured
from bench.pages import DEPTH
from bench.processes import Memory

# CPU milliseconds of web and engine for one operation.
TARGETS = {
    "open_list": 14.0,
    "filtered": 14.0,
    "sorted": 20.0,
    "any_filter": 20.0,
    "mark": 20.0,
    "ticket": 7.0,
    "create": 12.0,
    "update": 10.0,
    "dashboard": 60.0,
}
# Lists that the columnar copy selects: a query looks at all tickets, so their cost grows with them.
SCANNING = frozenset({"sorted", "any_filter", "mark"})
DEEP_RATIO = 1.1  # a page 200 pages deep against the first page of the same list
SIZE_RATIO = 1.2  # each figure at the largest size against the smallest
CROWD_RATIO = 1.05  # each figure with many people against the one with few
MEMORY_MIB = 400.0
STORM_MS = 1000.0  # a page's p95 while many people sign in
GROUPS = ("web", "engine", "worker")


@dataclass
class SizeResult:
    """Everything measured at one number of tickets."""

    size: int
    loaded: dict[str, Any]
    operations: list[Measured]
    memory: dict[str, Memory]
    depth: int
    notes: list[str] = field(default_factory=list)
    storm: Storm | None = None
    against: Comparison | None = None
    crowd: str = FEW

    @property
    def label(self) -> str:
        """Return what tells it from the others of a run."""
        return label_of(self.size, self.crowd)

    def add(self, later: "SizeResult") -> None:
        """Add what was measured after another start; of memory and storm, the worse one counts."""
        for one, more in zip(self.operations, later.operations, strict=True):
            one.add(more)
        if later.total_pss > self.total_pss:
            self.memory = later.memory
        if self.storm is not None and later.storm is not None:
            self.storm = max(self.storm, later.storm, key=lambda storm: storm.p95)
        if self.against is not None and later.against is not None:
            self.against.add(later.against)
        self.notes += [note for note in later.notes if note not in self.notes]

    def measured(self, key: str) -> Measured | None:
        """Return an operation's figures, None when there are none."""
        return next((one for one in self.operations if one.key == key and one.rounds), None)

    def cpu(self, key: str) -> float | None:
        """Return the CPU time of an operation, None when it was not measured."""
        operation = self.measured(key)
        return operation.median("cpu_ms") if operation else None

    @property
    def deep_ratio(self) -> float | None:
        """Return how the deep pages compare with the first one; None when the list is not that long."""
        if self.depth < DEPTH:
            return None
        return _ratio(self.measured("deep"), self.measured("first_page"))

    @property
    def total_pss(self) -> float:
        """Return the memory of all processes together in MiB."""
        return sum(memory.pss for memory in self.memory.values())

    @property
    def is_valid(self) -> bool:
        """Tell whether every operation got a correct answer."""
        storm_is_valid = self.storm is None or self.storm.is_valid
        return storm_is_valid and all(one.is_valid for one in self.operations)


@dataclass(frozen=True)
class Verdict:
    """One target and the value that was reached."""

    what: str
    value: float
    target: float
    unit: str

    @property
    def is_met(self) -> bool:
        """Tell whether the value is within the target."""
        return self.value <= self.target

    def line(self) -> str:
        """Write it as one line of the table of targets."""
        word = "met" if self.is_met else "MISSED"
        return f"  {self.what:<52} {self.value:>8.2f}  <= {self.target:<6g} {self.unit:<4} {word}"


def verdicts(results: Sequence[SizeResult]) -> list[Verdict]:
    """Compare what was reached with the targets, the largest size's figures first."""
    all_verdicts: list[Verdict] = []
    for result in reversed(results):
        at = f"at {result.label}"
        labels = {one.key: one.label for one in result.operations}
        for key, target in TARGETS.items():
            if (value := result.cpu(key)) is not None:
                all_verdicts.append(Verdict(f"{labels[key]}, {at}", value, target, "ms"))
        if result.deep_ratio is not None:
            what = f"{result.depth} pages deep against the first page, {at}"
            all_verdicts.append(Verdict(what, result.deep_ratio, DEEP_RATIO, "x"))
        if result is results[-1]:  # the others share program files with it while they are measured
            all_verdicts.append(
                Verdict(f"memory of all processes (PSS), {at}", result.total_pss, MEMORY_MIB, "MiB")
            )
        if result.storm is not None:
            what = f"pages while {AT_ONCE} people sign in at once (p95), {at}"
            all_verdicts.append(Verdict(what, result.storm.p95, STORM_MS, "ms"))
    few = [result for result in results if result.crowd == FEW]
    if len(few) > 1:
        all_verdicts += _growth(few[0], few[-1])
    for result in results:
        beside = next((one for one in few if one.size == result.size and one is not result), None)
        if beside is not None:
            all_verdicts += _crowded(beside, result)
    return all_verdicts


def _crowded(few: SizeResult, many: SizeResult) -> Iterable[Verdict]:
    """Compare the same pages of the same tickets among few people and among many."""
    for one in many.operations:
        ratio = _ratio(one, few.measured(one.key))
        if ratio is not None:
            yield Verdict(f"{one.label}, {many.label} against few", ratio, CROWD_RATIO, "x")


def _growth(small: SizeResult, large: SizeResult) -> Iterable[Verdict]:
    for one in large.operations:
        ratio = None if one.key in SCANNING else _ratio(one, small.measured(one.key))
        if ratio is not None:
            yield Verdict(f"{one.label}, {large.size:,} against {small.size:,}", ratio, SIZE_RATIO, "x")


def _ratio(one: Measured | None, other: Measured | None) -> float | None:
    """Compare round by round: both were measured within seconds, so drift of the machine cancels out."""
    if one is None or other is None:
        return None
    pairs = [(a.cpu_ms, b.cpu_ms) for a, b in zip(one.rounds, other.rounds, strict=False) if b.cpu_ms]
    return statistics.median(a / b for a, b in pairs) if pairs else None


def table(result: SizeResult) -> list[str]:
    """Write the figures of one size as lines."""
    head = f"{'':<30}{'CPU ms':>8}{'web':>8}{'engine':>8}{'p50 ms':>8}{'p95 ms':>8}{'req/s':>8}{'foreign':>9}"
    lines = [f"Tickets: {result.label}", head]
    for one in result.operations:
        if not one.rounds:
            lines.append(
                f"  {one.label:<28} nothing measured: {one.errors[0] if one.errors else 'no answer'}"
            )
            continue
        figures = [one.median(name) for name in ("cpu_ms", "web_ms", "engine_ms", "p50", "p95")]
        columns = "".join(f"{value:>8.2f}" for value in figures)
        marks = (" noisy" if one.is_noisy else "") + (f" INVALID: {one.errors[0]}" if one.errors else "")
        foreign = one.median("foreign")
        lines.append(f"  {one.label:<28}{columns}{one.median('rps'):>8.0f}{foreign:>9.2f}{marks}")
    parts = ", ".join(f"{name} {memory.pss:.0f}" for name, memory in result.memory.items())
    rss = sum(memory.rss for memory in result.memory.values())
    lines.append(f"  memory, PSS in MiB: {result.total_pss:.0f} ({parts}; the sum of RSS is {rss:.0f})")
    if result.storm is not None:
        lines.append(result.storm.line())
    if result.against:
        lines += [HEAD, *(ratio.line() for ratio in result.against.ratios())]
    return lines + [f"  {note}" for note in result.notes]


def write_json(path: Path, results: Sequence[SizeResult], options: dict[str, Any]) -> None:
    """Write everything to a file."""
    document = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "system": platform.system(),
            "release": platform.release(),
            "python": platform.python_version(),
        },
        "options": options,
        "sizes": {_key(result): _as_json(result) for result in results},
        "targets": [
            {"what": v.what, "value": round(v.value, 3), "target": v.target, "unit": v.unit, "met": v.is_met}
            for v in verdicts(results)
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _key(result: SizeResult) -> str:
    return str(result.size) if result.crowd == FEW else f"{result.size}-{result.crowd}"


def _as_json(result: SizeResult) -> dict[str, Any]:
    ratio = result.deep_ratio
    return {
        "loaded": result.loaded,
        "depth": result.depth,
        "deep_ratio": round(ratio, 3) if ratio is not None else None,
        "operations": {one.key: one.as_json() for one in result.operations},
        "memory_mib": {
            name: {"pss": round(m.pss, 1), "rss": round(m.rss, 1), "processes": m.processes}
            for name, m in result.memory.items()
        },
        "memory_pss_mib": round(result.total_pss, 1),
        "storm": result.storm.as_json() if result.storm else None,
        "against": [asdict(ratio) for ratio in result.against.ratios()] if result.against else [],
        "notes": result.notes,
    }
