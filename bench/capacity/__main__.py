"""`make capacity`: compute docs/capacity.md from the checked-in inputs, or measure them again."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.capacity.inputs import MEASURED, InputsError, load, production
from bench.capacity.measuring import TICKETS, from_bench, measure
from bench.capacity.page import PAGE, page, summary
from bench.client import WrongAnswer
from bench.dataset import HOME
from bench.import_corpus import CorpusMissing, load_corpus
from bench.product import ProductFailed
from local.commands import CommandFailed
from local.server import EngineError
from portal.config.private_files import write_privately

FAILED = 1
FAILURES = (CommandFailed, CorpusMissing, EngineError, InputsError, OSError, ProductFailed, WrongAnswer)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page and print what it comes to; 1 with one line when something is missing."""
    write_privately()
    options = _options().parse_args(arguments)
    try:
        if options.measure:
            _measure(options)
        inputs = load(measured=options.measured)
    except (
        CommandFailed,
        CorpusMissing,
        EngineError,
        InputsError,
        OSError,
        ProductFailed,
        WrongAnswer,
    ) as error:
        print(f"capacity: {error}", file=sys.stderr)
        return FAILED
    options.page.write_text(page(inputs), encoding="utf-8")
    print(summary(inputs))
    print(f"\nWritten to {options.page}. Prices of {inputs.noted:%d %B %Y}: check them.")
    return 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make capacity", description=__doc__)
    parser.add_argument("--measure", action="store_true", help="count units again, take CPU from the bench")
    parser.add_argument("--bench", type=Path, default=HOME / "results.json", help="what `make bench` wrote")
    parser.add_argument("--tickets", type=int, default=TICKETS, help="on how many tickets units are counted")
    parser.add_argument("--home", type=Path, default=HOME, help="where loaded data is kept")
    parser.add_argument("--measured", type=Path, default=MEASURED, help="the measured inputs")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page to write")
    return parser


def _measure(options: argparse.Namespace) -> None:
    """Write the measured inputs: the bench's figures, and units counted now with production's shards."""
    cpu = from_bench(options.bench)
    shards = production().feed_shards
    units = measure(load_corpus(), options.home.resolve(), print, shards=shards, tickets=options.tickets)
    options.measured.write_text(json.dumps({"cpu": cpu, "units": units}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
