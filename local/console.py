"""What the supervisor writes: one prefixed, coloured line per line of its children."""

import contextlib
import os
import sys
import threading
from typing import TextIO

_COLOURS = {"engine": 36, "release": 33, "web": 32, "worker": 35, "ledgerdesk": 34}
_RED = 31
_WIDTH = 10


class Console:
    """Line output from several threads to one terminal, with colours only where they help."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Write to stream (standard output unless told); NO_COLOR is honoured as no-color.org asks."""
        self._stream = stream or sys.stdout
        self._coloured = self._stream.isatty() and not os.environ.get("NO_COLOR")
        self._lock = threading.Lock()

    def line(self, source: str, text: str) -> None:
        """Write one line of a source's output."""
        self._write(f"{self._paint(f'{source:<{_WIDTH}} |', _COLOURS.get(source, 37))} {text}")

    def say(self, text: str) -> None:
        """Write a line of the supervisor's own."""
        self.line("ledgerdesk", text)

    def complain(self, text: str) -> None:
        """Write why the run failed, to standard error."""
        with self._lock, contextlib.suppress(OSError):
            sys.stderr.write(f"{self._paint('ledgerdesk:', _RED)} {text}\n")
            sys.stderr.flush()

    def _paint(self, text: str, colour: int) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._coloured else text

    def _write(self, text: str) -> None:
        # A closed terminal or pipe must not keep the supervisor from stopping its children in order.
        with self._lock, contextlib.suppress(OSError):
            self._stream.write(text + "\n")
            self._stream.flush()
