"""The arithmetic: from people online to tasks, units, partitions and gigabytes. No input is written here."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from bench.capacity.inputs import MS, Inputs

MINUTE, HOUR, DAYS, YEAR_MONTHS = 60, 3600, 30.4, 12
GB = 1e9
FIREWALL_MINUTES = 5  # over which the firewall counts requests
UNIT_BYTES = 8192  # one unit reads this much when the read may be a moment old
COUNTERS = "counters"  # ticket numbers
TICKETS, LEDGER, FEED = "tickets", "ticket_history", "ticket_history/by_time"


@dataclass(frozen=True)
class Hot:
    """A partition that everybody uses: its units a second at the busiest minute, and its limit."""

    what: str
    kind: str
    units: float
    limit: float
    partitions: float

    @property
    def share(self) -> float:
        """Return how full one partition is; above 1 requests are refused."""
        return self.units / self.partitions / self.limit


@dataclass(frozen=True)
class Load:
    """The load of a number of people online, at the busiest minute unless noted."""

    people: int
    actions: float  # a second
    cores: float  # busy with web
    tasks: int
    hours: float  # of the busiest hour, that a month's work comes to
    reads: float  # units a second by people
    writes: float
    worker_reads: float  # units a second, by all tasks
    worker_writes: float
    changes: float  # tickets changed a second
    created: float
    busiest: str  # the table that is written most
    busiest_writes: float  # units a second, with its indexes
    events: float  # in the ledger when `years_kept` have passed
    gigabytes: float  # of tickets and ledger then, with their indexes
    protected: float  # gigabytes of that without the indexes
    rebuild_reads: float  # units that a new task reads before its reports are complete
    rebuild_seconds: float  # until they are
    erasure_seconds: float  # until a person is erased, at best
    copy_gigabytes: float  # that each task then keeps on its disk
    hot: tuple[Hot, ...]


def rates(inputs: Inputs, people: int) -> dict[str, float]:
    """Return actions a second at the mean of the busiest hour."""
    per_second: dict[str, float] = defaultdict(float)
    for role in inputs.roles:
        for key, a_minute in role.does.items():
            per_second[key] += people * role.share * a_minute / MINUTE
    return dict(per_second)


def busy_hours(inputs: Inputs) -> float:
    """Return a month's work in hours of the busiest hour."""
    busy = inputs.take("busy_hours") * inputs.take("busy_days")
    quiet = 24 * DAYS - busy
    return busy * inputs.take("mean_of_peak") + quiet * inputs.take("quiet_of_peak")


def action_cpu_ms(inputs: Inputs, key: str) -> float:
    """Return the CPU time of an action on a task, in ms."""
    action = inputs.actions[key]
    requests = action.requests + inputs.take("cold_reads")
    return (action.cpu_ms + requests * inputs.take("request_cpu_ms")) * inputs.take("arm_factor")


def tasks_by_cpu(inputs: Inputs, cores: float) -> int:
    """Return the tasks needed for this many busy cores at the CPU share that scaling aims for."""
    each = inputs.stage.cpu / 1024 * inputs.busy - inputs.take("worker_share") * inputs.take("arm_factor")
    return math.ceil(cores / each)


def tasks_by_requests(inputs: Inputs, actions: float) -> int:
    """Return the tasks that scaling starts for this many actions a second."""
    asked = actions * inputs.take("http_requests") * MINUTE
    return math.ceil(asked / inputs.stage.requests_per_task)


def tasks_needed(inputs: Inputs, cores: float, actions: float) -> int:
    """Return the tasks that scaling ends up with, by CPU or by requests, and the spare ones."""
    busy_tasks = max(tasks_by_cpu(inputs, cores), tasks_by_requests(inputs, actions))
    return max(inputs.stage.tasks_least, busy_tasks + int(inputs.take("spare_tasks")))


def load(inputs: Inputs, people: int) -> Load:
    """Compute everything for a number of people online."""
    burst = inputs.take("burst")
    a_second = {key: rate * burst for key, rate in rates(inputs, people).items()}
    actions = sum(a_second.values())
    cores = sum(rate * action_cpu_ms(inputs, key) / MS for key, rate in a_second.items())
    tasks = tasks_needed(inputs, cores, actions)
    read, written = _units(inputs, a_second, "read"), _units(inputs, a_second, "written")
    changes = _changes(inputs, a_second)
    created = a_second.get("create", 0.0)
    events, tickets = _in_years(inputs, changes), _in_years(inputs, created)
    busiest, units = max(_by_table(written).items(), key=lambda pair: pair[1])
    return Load(
        people=people,
        actions=actions,
        cores=cores,
        tasks=tasks,
        hours=busy_hours(inputs),
        reads=sum(read.values()) + actions * inputs.take("cold_reads"),
        writes=sum(written.values()),
        worker_reads=tasks * feed_reads(inputs, changes),
        worker_writes=tasks * inputs.take("lease_writes"),
        changes=changes,
        created=created,
        busiest=busiest,
        busiest_writes=units,
        events=events,
        gigabytes=_gigabytes(inputs, tickets, events, indexes=True),
        protected=_gigabytes(inputs, tickets, events, indexes=False),
        rebuild_reads=events * item_units(inputs, LEDGER),
        rebuild_seconds=events / inputs.measured["cpu"]["copy_events_per_second"],
        erasure_seconds=events / inputs.take("erasure_items"),
        copy_gigabytes=events * inputs.measured["units"]["copy_bytes_per_event"] / GB,
        hot=tuple(_hot(inputs, read, written, tasks=tasks, changes=changes)),
    )


def behind_one_address(inputs: Inputs) -> int:
    """Return how many people may share an address before the firewall asks them to wait."""
    a_minute = sum(role.share * sum(role.does.values()) for role in inputs.roles)
    in_window = a_minute * inputs.take("http_requests") * inputs.take("burst") * FIREWALL_MINUTES
    return int(inputs.stage.address_limit / in_window)


def sign_ins_a_second(inputs: Inputs, tasks: int) -> float:
    """Return how many people can sign in a second when the tasks do nothing else."""
    vcpu = inputs.stage.cpu / 1024 - inputs.take("worker_share") * inputs.take("arm_factor")
    return tasks * vcpu * MS / action_cpu_ms(inputs, "sign_in")


def feed_reads(inputs: Inputs, changes: float) -> float:
    """Return the units that one task's worker reads of the feed in a second."""
    empty = 0.5 * inputs.stage.feed_shards
    return empty + changes * inputs.take("feed_reads") * item_units(inputs, FEED)


def item_units(inputs: Inputs, name: str) -> float:
    """Return the read units for one item of a table or index that is read to its end."""
    one = inputs.measured["units"]["ledger"][name]
    return float(one["read"] / one["items"]) if one["items"] else 0.0


def _units(inputs: Inputs, a_second: dict[str, float], kind: str) -> Counter[str]:
    totals: Counter[str] = Counter()
    for key, rate in a_second.items():
        for where, units in getattr(inputs.actions[key], kind).items():
            totals[where] += rate * units
    return totals


def _by_table(units: Counter[str]) -> Counter[str]:
    totals: Counter[str] = Counter()
    for where, count in units.items():
        totals[where.split("/")[0]] += count
    return totals


def _changes(inputs: Inputs, a_second: dict[str, float]) -> float:
    """Return history items written a second: every action that writes a ticket writes one."""
    return sum(rate for key, rate in a_second.items() if TICKETS in inputs.actions[key].written)


def _in_years(inputs: Inputs, rate: float) -> float:
    """Return how much there is after `years_kept` of what comes at a rate in the busiest minute."""
    seconds = busy_hours(inputs) * HOUR * YEAR_MONTHS * inputs.take("years_kept")
    return rate / inputs.take("burst") * seconds


def _gigabytes(inputs: Inputs, tickets: float, events: float, *, indexes: bool) -> float:
    """Return the size of tickets and ledger; of an index as many items as it had for one ticket or event."""
    measured, total = inputs.measured["units"]["ledger"], 0.0
    for name, one in measured.items():
        if "/" in name and not indexes:
            continue
        table = name.split("/")[0]
        items = (tickets if table == TICKETS else events) * one["items"] / measured[table]["items"]
        total += items * (item_units(inputs, name) * UNIT_BYTES + inputs.take("item_overhead"))
    return total / GB


def _hot(
    inputs: Inputs,
    read: Counter[str],
    written: Counter[str],
    *,
    tasks: int,
    changes: float,
) -> Iterable[Hot]:
    """Yield the keys that many people share; data spread by ticket, person, session or request has none."""
    writes, reads = inputs.limits["partition_writes"], inputs.limits["partition_reads"]
    shards = inputs.stage.feed_shards
    team = inputs.take("teams") / inputs.take("team_skew")
    feed = tasks * feed_reads(inputs, changes)
    yield Hot("list of all open tickets, written", "writes", written["tickets/by_state"], writes, shards)
    yield Hot("list of all open tickets, read", "reads", read["tickets/by_state"], reads, shards)
    yield Hot("today's change feed, written", "writes", written[FEED], writes, shards)
    yield Hot("today's change feed, read by the workers", "reads", feed, reads, shards)
    yield Hot("the busiest team's list, written", "writes", written["tickets/by_team"], writes, team)
    yield Hot("the counter of ticket numbers", "writes", written[COUNTERS], writes, 1)
    yield Hot("the worker's two leases", "writes", tasks * inputs.take("lease_writes"), writes, 2)
