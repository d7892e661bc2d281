"""All operations on one running product."""

from collections.abc import Callable
from functools import partial
from types import ModuleType

from bench.client import Client, sign_in
from bench.dashboard import Dashboard
from bench.dataset import Dataset
from bench.measure import NOISY, Operation, measure
from bench.pages import DEPTH, Customer, Desk, Lists
from bench.processes import Memory, memory
from bench.product import Product, running
from bench.report import GROUPS, SizeResult

Say = Callable[[str], None]


def bench(corpus: ModuleType, dataset: Dataset, *, rounds: int, seconds: float, say: Say) -> SizeResult:
    """Start the product on a copy of a dataset and measure everything; reads come before writes."""
    truth = dataset.truth(corpus)
    with dataset.copy() as folder, running(folder) as product:
        connect = {
            role: _signed_in(product, f"{name}@bench.example", dataset.password)
            for role, name in (("agent", "agent-0"), ("manager", "manager"), ("customer", "customer"))
        }
        lists = Lists(connect["agent"], truth, dataset.people.agents[0])
        desk = Desk(connect["agent"], truth)
        customer = Customer(connect["customer"])
        say("walking to the deep pages")
        reads = [*lists.operations(), desk.reading(), *Dashboard(connect["manager"], truth).operations()]

        def go(operations: list[Operation]) -> list:
            return measure(operations, product.roots, rounds=rounds, seconds=seconds, say=say)

        say("reading")
        measured = go(reads)
        after_reads = _memory(product)
        say("writing")
        measured += go([*customer.operations(), *desk.writing()])
        customer.check_last()
        product.check()
        largest = max(after_reads, _memory(product), key=lambda of: sum(one.pss for one in of.values()))
    notes = [f"the list has {lists.depth} full pages, not {DEPTH}"] if lists.depth < DEPTH else []
    if any(one.is_noisy for one in measured):
        notes.append(f"noisy: other programs used more than {NOISY} cores meanwhile")
    return SizeResult(dataset.size, dataset.loaded, measured, largest, lists.depth, notes)


def _signed_in(product: Product, email: str, password: str) -> Callable[[], Client]:
    return partial(Client, product.port, sign_in(product.port, email, password))


def _memory(product: Product) -> dict[str, Memory]:
    return {name: memory([getattr(product.roots, name)]) for name in GROUPS}
