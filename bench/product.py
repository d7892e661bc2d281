"""The product's processes on a folder and ports of their own, started from the Procfile as by `make run`."""

import http.client
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.measure import Roots
from local.child_process import Child
from local.commands import command_line, environment, run_command
from local.console import Console
from local.engine import Engine
from local.ports import LOOPBACK, free_port
from local.supervisor import WEB_GRACE_SECONDS, WORKER_GRACE_SECONDS, WORKER_READY_WORDS
from tests.faults.proxy import between
from tests.faults.random_faults import Trouble

READY_SECONDS = 60.0
LOG = "output.log"


class ProductFailed(Exception):
    """A process did not start or ended by itself; the message has its last lines."""


class Product:
    """Engine, web and worker, running."""

    def __init__(
        self, engine: Engine, port: int, web: Child, worker: Child, trouble: Trouble | None = None
    ) -> None:
        """Take what runs, and what disturbs the way to the engine, if anything."""
        self.port, self.trouble = port, trouble
        self._engine, self._web, self._worker = engine, web, worker

    @property
    def roots(self) -> Roots:
        """Return the processes to charge CPU time to."""
        pids = (self._web.process.pid, self._engine.process.pid, self._worker.process.pid)
        return Roots(*pids)

    def check(self) -> None:
        """Raise ProductFailed when web or worker has ended."""
        for child in (self._web, self._worker):
            if child.exit_code is not None:
                raise ProductFailed(f"{child.name} ended (exit {child.exit_code}):\n{child.last_lines()}")


@contextmanager
def running(folder: Path, *, faults: float = 0.0) -> Iterator[Product]:
    """Start the product on a folder as a release does, its output beside it; stop it in order at the end.

    `faults` is the share of the requests to the engine that meet each fault of docs/faults.md.
    """
    engine = Engine(folder)
    port = free_port()
    given = environment(folder, port)
    children: list[Child] = []
    with (folder.parent / LOG).open("w", encoding="utf-8") as log, engine, ExitStack() as ways:
        console = Console(log)
        try:
            run_command(given=given)  # data loaded by an earlier version may lack a table
            trouble = Trouble.of_each(faults) if faults else None
            if trouble is not None:
                way = ways.enter_context(between(engine.endpoint, trouble))
                given["DYNAMODB_ENDPOINT"] = way.endpoint
            web = Child.start("web", command_line("web", given), given, console)
            children.append(web)
            worker = Child.start("worker", command_line("worker", given), given, console, WORKER_READY_WORDS)
            children.append(worker)
            product = Product(engine, port, web, worker, trouble)
            _wait(product, lambda: worker.is_ready and _answers(port))
            yield product
        finally:
            for child, grace in zip(children, (WEB_GRACE_SECONDS, WORKER_GRACE_SECONDS), strict=False):
                child.stop(grace, in_a_hurry=lambda: False)
                if child.process.stdout is not None:
                    child.process.stdout.close()


def _wait(product: Product, is_ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not is_ready():
        product.check()
        if time.monotonic() > deadline:
            raise ProductFailed(f"web and worker were not ready within {READY_SECONDS:.0f} seconds")
        time.sleep(0.05)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
