"""Whether writing slows down while much is written: what one transaction costs, and the rate of a long import.

`python -m bench.write_rate` starts an empty embedded engine and writes versions of one ticket as the product does:
after each number of transactions it states what the next ones cost. Then it imports history items of the bench's
corpus through the product's own import and states the rate of each 20,000. `--tokens` sends a client request token
with each transaction, which the engine keeps for ten minutes: what the product avoids.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import models
from bench import sample_changes
from bench.import_corpus import People, load_corpus, tickets
from bench.processes import cpu_seconds, memory
from dynamodb_client import ConnectionOptions, disconnect
from local.commands import environment, run_command
from local.engine import Engine
from local.ports import free_port
from models import ticket
from portal.config.private_files import write_privately
from portal.config.service_options import service_options
from portal.config.settings import Settings
from services.bootstrap import build_services
from services.tickets import ImportedTicket

MARKS = (0, 15_000, 50_000)
MEASURED = 1_000  # transactions at each mark
STRETCH = 20_000  # history items of the import that one rate stands for
ITEMS_PER_TICKET = 5.75


@dataclass
class Stretch:
    """What a number of writes cost: seconds on the clock, and of the CPU here and in the engine."""

    writes: int
    seconds: float
    own: float
    engine: float

    def columns(self) -> str:
        """Return the rate and the CPU milliseconds of one write."""
        own, engine = (1000 * spent / self.writes for spent in (self.own, self.engine))
        return f"{self.writes / self.seconds:>10,.0f}{own:>12.3f}{engine:>12.3f}"


class _Watch:
    """Measures one stretch after another."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.process.pid
        self._last = self._read()

    def take(self, writes: int) -> Stretch:
        """Return what was spent since the last call, for a number of writes."""
        before, self._last = self._last, self._read()
        return Stretch(writes, *(now - then for now, then in zip(self._last, before, strict=True)))

    def _read(self) -> tuple[float, float, float]:
        return time.perf_counter(), time.process_time(), cpu_seconds([self._engine])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print both tables; return 0."""
    write_privately()
    parser = argparse.ArgumentParser(prog="python -m bench.write_rate", description=__doc__)
    parser.add_argument("--marks", type=int, nargs="*", default=list(MARKS), metavar="TRANSACTIONS")
    parser.add_argument("--items", type=int, default=200_000, help="history items to import; 0 for none")
    parser.add_argument("--tokens", action="store_true", help="with client request tokens")
    options = parser.parse_args(arguments)
    if options.marks:
        print(f"{'transactions before':<24}{'per second':>10}{'CPU ms':>12}{'engine ms':>12}", flush=True)
        with tempfile.TemporaryDirectory() as folder, Engine(Path(folder)) as engine:
            for mark, stretch in _transactions(engine, sorted(options.marks), token=options.tokens):
                print(f"{mark:<24,}{stretch.columns()}", flush=True)
    if options.items and not options.tokens:
        print(
            f"\n{'history items before':<24}{'per second':>10}{'CPU ms':>12}{'engine ms':>12}{'engine MiB':>12}"
        )
        with tempfile.TemporaryDirectory() as folder, Engine(Path(folder)) as engine:
            _import(engine, Path(folder), options.items)
    return 0


def _transactions(engine: Engine, marks: Sequence[int], *, token: bool) -> Iterator[tuple[int, Stretch]]:
    """Write until each mark and yield what the transactions after it cost."""
    models.connect(ConnectionOptions(region="eu-central-1", endpoint=engine.endpoint, prefix="rate-"))
    try:
        models.create_tables()
        begin, first = sample_changes.BEGIN, sample_changes.fields(1)
        ticket.compose(ticket_id=1, version=1, updated_at=begin, fields=first, shards=1).save()
        written = 0
        for mark in marks:
            for number in range(written, mark):
                sample_changes.write(number + 2, token=token)
            written = max(written, mark)
            watch = _Watch(engine)
            for number in range(written, written + MEASURED):
                sample_changes.write(number + 2, token=token)
            written += MEASURED
            yield mark, watch.take(MEASURED)
    finally:
        disconnect()


def _import(engine: Engine, folder: Path, items: int) -> None:
    """Import so many history items, in tickets of the bench's corpus, and tell what each stretch cost."""
    given = environment(folder, free_port())
    run_command(given=given)
    services = build_services(service_options(Settings.from_env(given)))
    begun = done = 0
    watch = _Watch(engine)

    def count(events: int) -> None:
        nonlocal begun, done
        done += events
        if done - begun >= STRETCH:
            size = memory([engine.process.pid]).pss
            print(f"{begun:<24,}{watch.take(done - begun).columns()}{size:>12,.0f}", flush=True)
            begun = done

    def told() -> Iterator[ImportedTicket]:
        corpus = load_corpus()
        people = People(tuple(f"agent-{n}" for n in range(corpus.AGENTS)), "customer", "manager")
        yield from tickets(corpus, round(items / ITEMS_PER_TICKET), people, datetime.now(UTC))

    try:
        services.tickets.importer.run(
            source="bench",
            tickets=told(),
            clock=lambda: datetime.now(UTC),
            reject=lambda line, reason: print(f"{line}: {reason}", file=sys.stderr),
            progress=count,
        )
    finally:
        disconnect()


if __name__ == "__main__":
    sys.exit(main())
