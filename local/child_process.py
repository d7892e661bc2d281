"""One supervised process: its output, its end."""

import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Self

from local.console import Console
from local.server import dying_with_parent

TAIL_LINES = 15
OUTPUT_SECONDS = (
    10.0  # for the last lines of a process that has ended; a process it left behind may hold them
)
_POLL_SECONDS = 0.02


class Child:
    """A running process whose output goes to the console line by line."""

    def __init__(
        self, name: str, process: subprocess.Popen[bytes], console: Console, ready_words: str = ""
    ) -> None:
        """Adopt a process whose output is a pipe; a line with ready_words in it means that it is ready."""
        self.name = name
        self.process = process
        self.is_ready = not ready_words
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._console = console
        self._ready_words = ready_words
        self._pump = threading.Thread(target=self._copy_output, name=f"output of {name}", daemon=True)
        self._pump.start()

    @classmethod
    def start(
        cls,
        name: str,
        command: list[str],
        environment: Mapping[str, str],
        console: Console,
        ready_words: str = "",
    ) -> Self:
        """Start a command in its own session, so that a terminal's Ctrl-C reaches the supervisor alone."""
        process = subprocess.Popen(
            dying_with_parent(command),
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        return cls(name, process, console, ready_words)

    @property
    def exit_code(self) -> int | None:
        """Return how the process ended (negative: by that signal), or None while it runs."""
        return self.process.poll()

    def last_lines(self) -> str:
        """Return its latest output, complete once the process has ended."""
        self._pump.join(timeout=OUTPUT_SECONDS)
        return "\n".join(f"    {line}" for line in self.tail) or "    (it printed nothing)"

    def stop(self, grace: float, in_a_hurry: Callable[[], bool]) -> None:
        """Send TERM, wait up to grace seconds, then kill it and whatever it left in its session."""
        deadline = time.monotonic() + grace
        if self.exit_code is None:
            self.process.terminate()
        while self.exit_code is None and time.monotonic() < deadline and not in_a_hurry():
            time.sleep(_POLL_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._pump.join(timeout=OUTPUT_SECONDS)

    def _copy_output(self) -> None:
        assert self.process.stdout is not None  # noqa: S101 - narrows the type; both ways here open a pipe
        for raw in self.process.stdout:
            line = raw.decode("utf-8", "replace").rstrip()
            self.tail.append(line)
            self.is_ready = self.is_ready or self._ready_words in line
            self._console.line(self.name, line)
