"""All operations on products with different numbers of tickets, measured alternately."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from types import ModuleType

from bench.against import Comparison, Other
from bench.client import Client, sign_in
from bench.dashboard import Dashboard
from bench.dataset import Dataset
from bench.login_storm import Storm, storm
from bench.measure import NOISY, Lane, Measured, Operation, OwnLane, measure
from bench.pages import DEPTH, GRID, Customer, Desk, Lists
from bench.processes import memory
from bench.product import Product, running
from bench.report import GROUPS, SizeResult

Say = Callable[[str], None]
STORM = 3  # times the seconds of half a round
PAGES = (f"{GRID}?state=open", f"{GRID}1", f"{GRID}?state=done", f"{GRID}2")  # read during a storm


@dataclass(frozen=True)
class Session:
    """A running product and its operations; writes come after all reads."""

    dataset: Dataset
    product: Product
    agent: Callable[[], Client]
    depth: int
    reads: Sequence[Operation]
    writes: Sequence[Operation]
    check: Callable[[], None]

    def result(self, measured: list[Measured]) -> SizeResult:
        """Check what was written, read the memory now and put everything together."""
        self.check()
        self.product.check()
        used = {name: memory([getattr(self.product.roots, name)]) for name in GROUPS}
        notes = [f"the list has {self.depth} full pages, not {DEPTH}"] if self.depth < DEPTH else []
        if any(one.is_noisy for one in measured):
            notes.append(f"noisy: other programs used more than {NOISY} cores meanwhile")
        if self.product.trouble is not None:
            met = sorted(self.product.trouble.met.done.items())
            notes.append("faults met: " + ", ".join(f"{count:,} {name}" for name, count in met))
        return SizeResult(
            self.dataset.size,
            self.dataset.loaded,
            measured,
            used,
            self.depth,
            notes,
            crowd=self.dataset.crowd,
        )

    def storm(self, seconds: float) -> Storm:
        """Let everybody sign in at once while an agent goes on reading."""
        # Not the one who reads, whose session would end: a user has twenty.
        emails = [f"agent-{number}@bench.example" for number in range(1, len(self.dataset.people.agents))]
        reader = self.agent()
        try:
            return storm(self.product.port, emails, self.dataset.password, reader, PAGES, seconds=seconds)
        finally:
            reader.close()


def bench(
    corpus: ModuleType,
    datasets: Sequence[Dataset],
    *,
    rounds: int,
    seconds: float,
    say: Say,
    faults: float = 0.0,
    against: AbstractContextManager[Other] | None = None,
) -> list[SizeResult]:
    """Start a product on a copy of each dataset, the smallest first, and measure everything.

    The largest is measured alternately with the product of another checkout, if one is given.
    """
    results = []
    with ExitStack() as everything:
        stacks = [everything.enter_context(ExitStack()) for _ in datasets]
        sessions = [
            stack.enter_context(opened(corpus, dataset, say, faults))
            for stack, dataset in zip(stacks, datasets, strict=True)
        ]
        with against or nullcontext() as beside:
            phases = []
            for phase in ("reads", "writes"):
                say(phase)
                lanes = _lanes(phase, sessions, beside)
                phases.append(measure(lanes, rounds=rounds, seconds=seconds, say=say))
            per_lane = [[*read, *written] for read, written in zip(*phases, strict=True)]
            compared = _compared(sessions[-1], beside, *per_lane[-2:]) if beside else None
        # Each stops in turn, so that the largest is alone when its memory is taken.
        for stack, session, measured in zip(stacks, sessions, per_lane, strict=False):
            results.append(session.result(measured))
            if session is sessions[-1]:
                say("fifty people sign in at once")
                results[-1].storm = session.storm(seconds * STORM)
                session.product.check()
            stack.close()
    results[-1].against = compared
    return results


def _lanes(phase: str, sessions: Sequence[Session], beside: Other | None) -> list[Lane]:
    def operations(session: Session) -> list[Operation]:
        every: Sequence[Operation] = getattr(session, phase)
        return [one for one in every if beside is None or beside.knows(phase, one.key)]

    own = [OwnLane(operations(session), session.product.roots) for session in sessions]
    return [*own, beside.lane(phase, own[-1].labels)] if beside else [*own]


def _compared(
    session: Session, beside: Other, own: Sequence[Measured], others: Sequence[Measured]
) -> Comparison:
    used = memory(session.product.roots.all).pss
    return Comparison(list(own), list(others), [(used, beside.pss())])


@contextmanager
def opened(corpus: ModuleType, dataset: Dataset, say: Say, faults: float) -> Iterator[Session]:
    """Start the product on a copy of a dataset and sign everybody in."""
    truth = dataset.truth(corpus)
    with dataset.copy() as folder, running(folder, faults=faults) as product:
        agent, manager, customer = (
            _signed_in(product, f"{name}@bench.example", dataset.password)
            for name in ("agent-0", "manager", "customer")
        )
        say(f"tickets: {dataset.label}; walking to the deep pages")
        lists = Lists(agent, truth, dataset.people.agents[0])
        desk, writer = Desk(agent, truth), Customer(customer)
        reads = [*lists.operations(), desk.reading(), *Dashboard(manager, truth).operations()]
        writes = [*writer.operations(), *desk.writing()]
        yield Session(dataset, product, agent, lists.depth, reads, writes, writer.check_last)


def _signed_in(product: Product, email: str, password: str) -> Callable[[], Client]:
    return partial(Client, product.port, sign_in(product.port, email, password))
