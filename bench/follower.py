"""`python -m bench.follower`: this checkout's product, measured at the bidding of another checkout's bench.

It loads its data and starts its product as `make bench` does. Then it reads one JSON document a line and
answers with one: `{"do": "warm_up" | "round", "key": ..., "seconds": ..., "bench": <process>}` or
`{"do": "memory"}`. The end of its input stops everything.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from bench.dataset import ensure
from bench.import_corpus import load_corpus
from bench.measure import OwnLane
from bench.processes import memory
from bench.session import Session, opened
from portal.config.private_files import write_privately


def main() -> int:
    """Serve until the input ends."""
    write_privately()
    parser = argparse.ArgumentParser(prog="bench.follower", description=__doc__)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--home", type=Path, required=True)
    options = parser.parse_args()
    corpus = load_corpus(options.corpus)
    dataset = ensure(corpus, options.size, options.home, _say)
    with opened(corpus, dataset, _say, 0.0) as session:
        for answer in _answers(session, sys.stdin):
            print(json.dumps(answer), flush=True)
    return 0


def _answers(session: Session, asked: TextIO) -> Iterator[dict[str, Any]]:
    roots = session.product.roots
    lanes = {"reads": OwnLane(session.reads, roots), "writes": OwnLane(session.writes, roots)}
    yield {phase: dict(lane.labels) for phase, lane in lanes.items()}
    by_key = {key: lane for lane in lanes.values() for key in lane.labels}
    for line in asked:
        match json.loads(line):
            case {"do": "warm_up", "key": key, "seconds": seconds}:
                yield {"errors": by_key[key].warm_up(key, seconds)}
            case {"do": "round", "key": key, "seconds": seconds, "bench": bench}:
                done, errors = by_key[key].round(key, bench, seconds)
                yield {"round": asdict(done) if done else None, "errors": errors}
            case {"do": "memory"}:
                session.check()
                session.product.check()
                yield {"pss": memory(roots.all).pss}


def _say(text: str) -> None:
    print(f"           the other checkout: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
