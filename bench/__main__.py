"""`make bench`: load the corpus, measure the product on it, print a table and write JSON."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.against import FOLLOWER, PYTHON, other
from bench.client import WrongAnswer
from bench.dataset import FEW, HOME, MANY, ensure
from bench.import_corpus import FILE, CorpusMissing, load_corpus
from bench.product import ProductFailed
from bench.report import SizeResult, table, verdicts, write_json
from bench.session import bench
from local.commands import CommandFailed
from local.server import EngineError
from portal.config.private_files import write_privately
from services.errors import ServiceError

SIZES = (10_000, 100_000)
FAILED, INTERRUPTED = 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure at every size; 0 when all answers were right, whether or not the targets were met."""
    write_privately()
    options = _options().parse_args(arguments)
    try:
        results = _measure(options)
    except (CommandFailed, CorpusMissing, EngineError, ProductFailed, ServiceError, WrongAnswer) as error:
        print(f"bench: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("bench: stopped", file=sys.stderr)
        return INTERRUPTED
    chosen = {
        "starts": options.starts,
        "rounds": options.runs,
        "seconds": options.seconds,
        "faults": options.faults,
    }
    write_json(options.json, results, chosen)
    _tell(results, options.json)
    return 0 if all(result.is_valid for result in results) else FAILED


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--sizes", type=_size, nargs="+", default=list(SIZES), metavar="N")
    parser.add_argument("--seconds", type=float, default=4.0, help="at most, for each half of a round")
    parser.add_argument("--runs", type=int, default=3, help="rounds; a figure is their median")
    parser.add_argument("--starts", type=int, default=1, help="of the products, each measured for all rounds")
    parser.add_argument(
        "--faults", type=float, default=0.0, metavar="SHARE", help="of each fault in docs/faults.md, say 0.01"
    )
    parser.add_argument("--against", type=_checkout, metavar="CHECKOUT", help="measure its product in turn")
    parser.add_argument("--stock", action="store_true", help="there, with the stock DynamoDB client")
    parser.add_argument("--json", type=Path, default=HOME / "results.json", metavar="PATH")
    parser.add_argument("--home", type=Path, default=HOME, help="where loaded data is kept")
    parser.add_argument(
        "--people", choices=(FEW, MANY), default=FEW,
        help="many: also on the same tickets among 1,000 agents, 200 teams and 500 organizations",
    )  # fmt: skip
    parser.add_argument("--corpus", type=Path, default=FILE, help="a module like bench/corpus.py")
    return parser


def _size(text: str) -> int:
    size = int(text.replace(",", "").replace("_", ""))
    if not 50 <= size <= 1_000_000:
        raise argparse.ArgumentTypeError("a size is 50 to 1,000,000")
    return size


def _checkout(text: str) -> Path:
    checkout = Path(text).resolve()
    if not all((checkout / needed).is_file() for needed in (PYTHON, FOLLOWER)):
        raise argparse.ArgumentTypeError(f"{text} is not a checkout to measure: run make setup there")
    return checkout


def _measure(options: argparse.Namespace) -> list[SizeResult]:
    corpus = load_corpus(options.corpus)
    begun = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - begun:7.1f} s  {text}", flush=True)

    home, sizes = options.home.resolve(), sorted(set(options.sizes))
    # The largest with few people comes last: memory, sign-ins and another checkout are measured on it.
    datasets = [ensure(corpus, size, home, say, crowd=MANY) for size in sizes if options.people == MANY]
    datasets += [ensure(corpus, size, home, say) for size in sizes]

    def start() -> list[SizeResult]:
        beside = None
        if options.against is not None:
            beside = other(
                options.against, size=datasets[-1].size, corpus=options.corpus, stock=options.stock
            )
        return bench(
            corpus,
            datasets,
            rounds=options.runs,
            seconds=options.seconds,
            say=say,
            faults=options.faults,
            against=beside,
        )

    results = start()
    for _ in range(1, options.starts):
        for result, later in zip(results, start(), strict=True):
            result.add(later)
    return results


def _tell(results: Sequence[SizeResult], written: Path) -> None:
    for result in results:
        print("", *table(result), sep="\n")
    print("", "Targets", *(verdict.line() for verdict in verdicts(results)), sep="\n")
    print(f"\nWritten to {written}")


if __name__ == "__main__":
    sys.exit(main())
