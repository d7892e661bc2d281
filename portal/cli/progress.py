"""How far a long command is."""

import sys
import time
from typing import TYPE_CHECKING, Never

import click

from services.tickets import Watch

if TYPE_CHECKING:
    from tqdm import tqdm

LINE_EVERY = 5.0  # seconds, where nobody watches a bar


class Progress(Watch):
    """Shows rows, rate and time left: a bar on a terminal, now and then a line in a log."""

    def __init__(self) -> None:
        self._bar: tqdm[Never] | None = None
        self._started = self._said = 0.0
        self._done = self._rows = 0

    def start(self, rows: int) -> None:
        """Begin to count."""
        self._rows, self._started = rows, time.monotonic()
        self._said = self._started
        if sys.stderr.isatty():
            from tqdm import tqdm  # see _words

            self._bar = tqdm(total=rows, unit=" rows", unit_scale=False, file=sys.stderr, mininterval=0.2)

    def advance(self, rows: int) -> None:
        """Show how far it is."""
        self._done += rows
        if self._bar is not None:
            self._bar.update(rows)
        elif time.monotonic() - self._said >= LINE_EVERY:
            self._said = time.monotonic()
            click.echo(self._line(), err=True)

    def end(self) -> str:
        """Take the bar away and tell how long it all took."""
        if self._bar is not None:
            self._bar.close()
        return _words(time.monotonic() - self._started if self._started else 0.0)

    def _line(self) -> str:
        rate = self._done / (time.monotonic() - self._started)
        left = _words((self._rows - self._done) / rate)
        return f"{self._done:,} of {self._rows:,} rows, {rate:,.0f} rows/s, {left} left"


def _words(seconds: float) -> str:
    from tqdm import tqdm  # takes 1 MB, which the worker, who loads every command, need not spend

    return tqdm.format_interval(seconds)
