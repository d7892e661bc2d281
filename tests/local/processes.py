"""Questions about processes that a test did not start itself."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.patience import PATIENCE


def wait_until(true: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait for a condition that another process brings about."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    """Tell whether a process exists and is not just waiting to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children(pid: int) -> list[int]:
    """List the process ids of all descendants of a process."""
    pids: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            for child in map(int, task.read_text().split()):
                pids += [child, *children(child)]
    return pids


def wait_until_gone(*pids: int) -> None:
    """Wait until processes have ended."""
    wait_until(lambda: not any(map(is_running, pids)))
