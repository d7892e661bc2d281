"""CPU time and memory of processes with all their descendants, read from /proc."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")
_GONE = (FileNotFoundError, ProcessLookupError, PermissionError)


@dataclass(frozen=True)
class Memory:
    """Memory in MiB: `pss` shares out what processes have in common, `rss` counts it in each."""

    pss: float
    rss: float
    processes: int


def tree(roots: Iterable[int]) -> list[int]:
    """List processes with all their descendants."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            try:
                children.setdefault(_stat(int(entry.name))[0], []).append(int(entry.name))
            except _GONE:
                continue
    processes, left = [], list(roots)
    while left:
        process = left.pop()
        processes.append(process)
        left += children.get(process, [])
    return processes


def cpu_seconds(roots: Iterable[int]) -> float:
    """Sum the CPU time of processes and their descendants, those that ended and were waited for included."""
    ticks = 0
    for process in tree(roots):
        try:
            ticks += _stat(process)[1]
        except _GONE:
            continue
    return ticks / _TICKS


def busy_seconds() -> float:
    """Return for how many CPU seconds the whole machine has been busy."""
    with (_PROC / "stat").open() as file:
        spent = [int(number) for number in file.readline().split()[1:9]]
    idle, waiting = spent[3], spent[4]
    return (sum(spent) - idle - waiting) / _TICKS


def memory(roots: Iterable[int]) -> Memory:
    """Add up the memory of processes and their descendants."""
    pss = rss = count = 0
    for process in tree(roots):
        try:
            lines = (_PROC / str(process) / "smaps_rollup").read_text().splitlines()
        except _GONE:
            continue
        count += 1
        figures = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
        pss += figures["Pss"]
        rss += figures["Rss"]
    return Memory(pss / 1024, rss / 1024, count)


def _stat(process: int) -> tuple[int, int]:
    """Return a process's parent and its CPU ticks: own and of reaped children, in user and system mode."""
    text = (_PROC / str(process) / "stat").read_text()
    fields = text[text.rindex(")") + 2 :].split()
    return int(fields[1]), sum(map(int, fields[11:15]))
