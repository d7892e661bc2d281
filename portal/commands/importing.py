"""`flask import incidents FILE`: the history of another service desk becomes ours."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Never

import click
from flask import current_app
from flask.cli import AppGroup
from tqdm import tqdm

from portal.guards import services
from services.errors import ServiceError
from services.tickets import MAPPINGS, FileReport, Watch, WrongFile, import_file

WRONG_FILE, STOPPED = 2, 1
LINE_EVERY = 5.0  # seconds, where nobody watches a bar

group = AppGroup("import", help="Bring tickets from elsewhere.")


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
            self._bar = tqdm(total=rows, unit=" rows", unit_scale=False, file=sys.stderr, mininterval=0.2)

    def advance(self, rows: int) -> None:
        """Show how far it is."""
        self._done += rows
        if self._bar is not None:
            self._bar.update(rows)
        elif time.monotonic() - self._said >= LINE_EVERY:
            self._said = time.monotonic()
            click.echo(self._line(), err=True)

    def end(self) -> float:
        """Take the bar away and return the seconds it all took."""
        if self._bar is not None:
            self._bar.close()
        return time.monotonic() - self._started if self._started else 0.0

    def _line(self) -> str:
        rate = self._done / (time.monotonic() - self._started)
        left = tqdm.format_interval((self._rows - self._done) / rate)
        return f"{self._done:,} of {self._rows:,} rows, {rate:,.0f} rows/s, {left} left"


@group.command("incidents")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--mapping", type=click.Choice(sorted(MAPPINGS)), default="uci-incidents", show_default=True)
@click.option("--limit", type=click.IntRange(min=1), help="Take the first N incidents only.")
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where rows that cannot be read are listed. [default: REJECTS_DIR/NAME.csv]",
)
def incidents(file: Path, mapping: str, limit: int | None, rejects: Path | None) -> None:
    """Import the incident log FILE (CSV, or CSV in gzip); repeating it changes nothing."""
    kept_in = current_app.extensions["settings"].rejects_dir
    rejects = rejects or kept_in / f"{file.name.removesuffix('.gz').removesuffix('.csv')}.csv"
    progress = Progress()
    try:
        report = import_file(
            services().importer,
            path=file,
            mapping=MAPPINGS[mapping],
            rejects=rejects,
            limit=limit,
            clock=lambda: datetime.now(UTC),
            watch=progress,
        )
    except ServiceError as error:
        progress.end()
        click.echo(f"{file.name}: {error.message}", err=True)
        sys.exit(WRONG_FILE if isinstance(error, WrongFile) else STOPPED)
    _tell(report, progress.end(), rejects)


def _tell(report: FileReport, seconds: float, rejects: Path) -> None:
    result = report.result
    took = tqdm.format_interval(seconds)
    click.echo(f"{result.tickets:,} incidents with {result.events:,} rows imported in {took}.")
    for kind, count in sorted(result.kinds.items()):
        click.echo(f"  {kind}: {count:,}")
    if result.known_events:
        click.echo(
            f"{result.known_tickets:,} incidents with {result.known_events:,} rows were there already."
        )
    if report.rejected:
        click.echo(f"{report.rejected:,} rows could not be taken: {rejects} tells which and why.")
