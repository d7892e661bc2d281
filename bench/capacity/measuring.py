"""Measuring what one action of a person consumes: the product in this process, on a small copy of the corpus.

The bench measures CPU time. Here it is measured only for what the bench does not do, and it includes the
client's own share, so it is a little too high.
"""

import json
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from werkzeug.serving import make_server

from bench.capacity.tally import Tally, tallied
from bench.client import Client, WrongAnswer, sign_in
from bench.dashboard import Dashboard
from bench.dataset import Dataset, Say, ensure
from bench.measure import Operation
from bench.pages import Customer, Desk, Lists
from dynamodb_client import client, disconnect
from local.commands import environment, run_command
from local.engine import Engine
from local.ports import LOOPBACK, free_port
from models.ticket import Ticket
from models.ticket_history import TicketHistory

TICKETS, TIMES, WARM = 1_000, 20, 3


@dataclass(frozen=True)
class Here:
    """The product as it runs in this process."""

    port: int
    services: Any
    tally: Tally


def measure(
    corpus: ModuleType, home: Path, say: Say, *, shards: int, tickets: int = TICKETS
) -> dict[str, Any]:
    """Measure every action, an idle worker and the size of the ledger."""
    dataset = ensure(corpus, tickets, home / f"capacity-{shards}", say, shards=shards)
    truth = dataset.truth(corpus)
    with dataset.copy() as folder, _running(folder, shards) as here:
        say("counting what each action consumes")
        idle = _idle_worker(here)
        ledger = _ledger(here.tally, tickets)
        stored = sum(path.stat().st_size for path in (folder / "analytics").glob("*.*"))
        actions = {
            action.key: _consumed(action, here.tally) for action in _actions(here.port, dataset, truth)
        }
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "tickets": tickets,
        "shards": shards,
        "actions": actions,
        "worker_look": idle,
        "ledger": ledger,
        "copy_bytes_per_event": round(stored / dataset.loaded["events"], 1),
    }


@contextmanager
def _running(folder: Path, shards: int) -> Iterator[Here]:
    """Run the engine, and the product's pages on a thread of this process."""
    with Engine(folder):
        given = environment(folder, free_port(), shards=shards)
        run_command(given=given)
        os.environ.clear()  # nothing else may decide which tables are used
        os.environ.update(given)
        root = import_module("wsgi")  # reads the environment, so not before now
        root.services.reporting.analytics.follow(now=datetime.now(UTC))
        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # else a line per request
        server = make_server(LOOPBACK, 0, root.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with tallied(root.settings.table_prefix) as tally:
                yield Here(server.server_port, root.services, tally)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            disconnect()


def _actions(port: int, dataset: Dataset, truth: Any) -> Iterator[Operation]:
    agent, manager, customer = (
        partial(Client, port, sign_in(port, f"{name}@bench.example", dataset.password))
        for name in ("agent-0", "manager", "customer")
    )
    yield from Lists(agent, truth, dataset.people.agents[0]).operations()
    desk, writer = Desk(agent, truth), Customer(customer)
    yield desk.reading()
    yield from Dashboard(manager, truth).operations()
    yield from writer.operations()
    yield from desk.writing()
    yield from _customers(customer)
    yield Operation(
        "sign_in", "sign in, with the first page", partial(Client, port), partial(_sign_in, dataset.password)
    )


def _sign_in(password: str, client: Client) -> None:
    sign_in(client.port, "customer@bench.example", password)


def _customers(connect: Callable[[], Client]) -> Iterator[Operation]:
    """Yield what the bench leaves out: a customer's pages, and a reply to their own ticket."""
    opened = connect()
    token = opened.get("/help/new").token
    response = opened.post_form(
        "/help/new", _message(token) | {"subject": "The page shows an error", "category": ""}
    )
    ticket_path = response.location
    opened.close()

    def reply(client: Client) -> None:
        answer = client.post_form(f"{ticket_path}/reply", _message(token))
        if not answer.location:
            raise WrongAnswer(f"the customer's reply was answered with {answer.status}")

    def read(path: str) -> Callable[[Client], None]:
        def act(client: Client) -> None:
            client.get(path)

        return act

    yield Operation("customer_home", "customer's front page", connect, read("/help/"))
    yield Operation("customer_list", "customer's tickets", connect, read("/help/tickets"))
    yield Operation("customer_ticket", "customer's ticket", connect, read(ticket_path))
    yield Operation("customer_reply", "customer's reply", connect, reply)


def _message(token: str) -> dict[str, str]:
    return {
        "csrf_token": token,
        "message_id": secrets.token_hex(16),
        "body": "The page shows an error again after a restart, and here is what was tried. " * 4,
    }


def _consumed(action: Operation, tally: Tally) -> dict[str, Any]:
    """Repeat an action; return the units, requests and CPU time of this process for one run."""
    used = action.connect()
    for _ in range(WARM):
        action.act(used)
    tally.clear()
    begun = time.process_time()
    for _ in range(TIMES):
        action.act(used)
    spent = time.process_time() - begun
    used.close()
    return {
        "label": action.label,
        "read": _each(tally.read, TIMES),
        "written": _each(tally.written, TIMES),
        "requests": round(tally.requests / TIMES, 2),
        "cpu_ms_here": round(spent / TIMES * 1000, 2),
    }


def _idle_worker(here: Here) -> dict[str, Any]:
    """Count what one read of the feed by a task's worker consumes while nothing happens."""
    analytics, times = here.services.reporting.analytics, 3
    analytics.follow(now=datetime.now(UTC))
    here.tally.clear()
    for _ in range(times):
        analytics.follow(now=datetime.now(UTC))
    return {"read": _each(here.tally.read, times), "requests": round(here.tally.requests / times, 2)}


def _ledger(tally: Tally, tickets: int) -> dict[str, Any]:
    """Read tickets, their history and their indexes to the end: units and items of one ticket."""
    sizes = {}
    for model in (Ticket, TicketHistory):
        for index in ("", *model._indexes):
            tally.clear()
            items = _counted(model.Meta.table_name, index)
            sizes[_name(model, index)] = {
                "items": round(items / tickets, 2),
                "read": round(sum(tally.read.values()) / tickets, 4),
            }
    return sizes


def _name(model: Any, index: str) -> str:
    table = model.Meta.table_name.removeprefix(os.environ.get("TABLE_PREFIX", "ledgerdesk-"))
    return f"{table}/{index}" if index else table


def _counted(table: str, index: str) -> int:
    request: dict[str, Any] = {"TableName": table, "Select": "COUNT"} | (
        {"IndexName": index} if index else {}
    )
    counted = 0
    while True:
        answer = client().scan(**request)
        counted += int(answer["Count"])
        if not (start := answer.get("LastEvaluatedKey")):
            return counted
        request["ExclusiveStartKey"] = start


def _each(counted: Mapping[str, float], times: int) -> dict[str, float]:
    return {name: round(units / times, 3) for name, units in sorted(counted.items()) if units}


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "unknown")


def from_bench(results: Path) -> dict[str, Any]:
    """Take the CPU times and the memory out of what `make bench` wrote, at its largest size."""
    document = json.loads(results.read_text(encoding="utf-8"))
    few = [(int(size), figures) for size, figures in document["sizes"].items() if size.isdecimal()]
    size, largest = max(few, key=lambda pair: pair[0])
    figures = ("label", "web_ms", "engine_ms", "worker_ms", "foreign", "valid")
    return {
        "at": document["at"],
        "tickets": size,
        "processor": _processor(),
        "cores": document["machine"]["cores"],
        "python": document["machine"]["python"],
        "operations": {
            key: {name: one[name] for name in figures}
            for key, one in largest["operations"].items()
            if one["valid"]
        },
        "copy_events": largest["loaded"]["events"],
        "copy_events_per_second": round(largest["loaded"]["events"] / largest["loaded"]["rebuild_seconds"]),
        "memory_mib": {name: memory["pss"] for name, memory in largest["memory_mib"].items()},
    }
