"""CPU time of single DynamoDB operations with the fast client, the stock one, and the fast one less a part.

`python -m bench.client_cost` starts an empty embedded engine and does the operations in turn in this process,
so that the ratios hold on a busy machine. The engine's own time is stated once: it is the same for all.
"""

import argparse
import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import models
from bench import sample_changes
from bench.processes import cpu_seconds
from dynamodb_client import (
    ConnectionOptions,
    client_factory,
    disconnect,
    request_serializer,
    response_parser,
    shared_connection,
    signing,
)
from local.engine import Engine
from models import ticket
from models.ticket import Ticket
from portal.config.private_files import write_privately

ROUNDS, OPERATIONS, WARM_UP = 15, 40, 3
PAGE = 25
FAST, STOCK, ENGINE = "fast", "stock", "engine"
OPTIONS = ConnectionOptions(region="eu-central-1", endpoint=None, prefix="cost-")

Operation = Callable[[], object]


@contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    original = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, original)


def _nothing(*_: object, **__: object) -> None:
    return None


def _only_check(
    operation_model: object,
    response_dict: dict[str, Any],
    customized_response_dict: dict[str, Any],
    **_: object,
) -> None:
    """Leave the parsing to botocore."""
    del operation_model
    response_parser.check(response_dict, customized_response_dict)


# What takes one part from the fast client while it connects.
WITHOUT: Mapping[str, Callable[[], AbstractContextManager[None]]] = {
    "request serializer": partial(_replaced, request_serializer, "install", _nothing),
    "response parser": partial(_replaced, response_parser, "parse", _only_check),
    "direct endpoint": partial(_replaced, shared_connection, "ConnectionPool", _nothing),
    "signing": partial(_replaced, signing, "_signing_key", signing._signing_key.__wrapped__),
    "fixed endpoint": partial(_replaced, client_factory, "fix_endpoint", _nothing),
}


def _operations() -> Mapping[str, Operation]:
    """Return the measured operations by name, on tickets that are there."""
    versions = count(2)
    return {
        "get": lambda: ticket.find(2),
        f"query of {PAGE}": lambda: list(Ticket.by_state.query("open#0", limit=PAGE)),
        "transaction of 2": lambda: sample_changes.write(next(versions)),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table of ratios, return 0."""
    write_privately()
    parser = argparse.ArgumentParser(prog="python -m bench.client_cost", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--operations", type=int, default=OPERATIONS, help="of each kind in a round")
    parser.add_argument("--parts", action="store_true", help="also leave out each part of the fast client")
    options = parser.parse_args(arguments)
    parts = WITHOUT if options.parts else {}
    with tempfile.TemporaryDirectory() as folder, Engine(Path(folder)) as engine:
        times = _measure(engine, parts, options.rounds, options.operations)
    _tell(times)
    return 0


def _measure(
    engine: Engine, parts: Collection[str], rounds: int, operations: int
) -> dict[str, dict[str, list[float]]]:
    """Return CPU milliseconds of one operation in each round, by client and operation; ENGINE for its own."""
    connection = replace(OPTIONS, endpoint=engine.endpoint)
    models.connect(connection)
    models.create_tables()
    for number in range(1, 2 * PAGE):
        at = sample_changes.BEGIN + timedelta(minutes=number)
        ticket.compose(
            ticket_id=number, version=1, updated_at=at, fields=sample_changes.fields(number), shards=1
        ).save()
    operations_by_kind = _operations()
    rows = [FAST, STOCK, *parts, ENGINE]
    times: dict[str, dict[str, list[float]]] = {
        row: {kind: [] for kind in operations_by_kind} for row in rows
    }
    for _ in range(rounds):
        for kind, operation in operations_by_kind.items():
            for client in rows[:-1]:
                with WITHOUT[client]() if client in parts else nullcontext():
                    models.connect(replace(connection, fast_client=client != STOCK))
                    spent, engine_spent = _cpu(operation, operations, engine.process.pid)
                times[client][kind].append(spent)
                times[ENGINE][kind].append(engine_spent)
    disconnect()
    return times


def _cpu(operation: Operation, operations: int, engine: int) -> tuple[float, float]:
    """Return CPU milliseconds of one operation: the median of this thread's, and the mean of the engine's."""
    for _ in range(WARM_UP):
        operation()
    gc.collect()
    engine_begun = cpu_seconds([engine])
    times = []
    for _ in range(operations):
        begun = time.thread_time()
        operation()
        times.append(time.thread_time() - begun)
    return statistics.median(times) * 1000, (cpu_seconds([engine]) - engine_begun) / operations * 1000


def _tell(times: Mapping[str, Mapping[str, list[float]]]) -> None:
    """Print medians with the medians of each round's ratio; the engine's ticks are too coarse for these."""
    print(f"{'CPU ms, and ratio to fast':<32}" + "".join(f"{kind:>26}" for kind in times[FAST]))
    for row, kinds in times.items():
        if row == ENGINE:
            columns = [f"{statistics.fmean(spent):>16.3f}{'':>10}" for spent in kinds.values()]
        else:
            columns = [
                f"{statistics.median(spent):>16.3f}{_ratio(spent, times[FAST][kind]):>10.3f}"
                for kind, spent in kinds.items()
            ]
        label = row if row in (FAST, STOCK, ENGINE) else f"fast without {row}"
        print(f"{label:<32}" + "".join(columns))


def _ratio(spent: Sequence[float], fast: Sequence[float]) -> float:
    return statistics.median(one / other for one, other in zip(spent, fast, strict=True))


if __name__ == "__main__":
    sys.exit(main())
