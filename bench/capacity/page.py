"""The page: the template's words with the computed tables and figures between them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from string import Template

from bench.capacity.costs import costs
from bench.capacity.inputs import HERE, Inputs
from bench.capacity.plan import (
    HOUR,
    Load,
    action_cpu_ms,
    behind_one_address,
    load,
    sign_ins_a_second,
    tasks_by_cpu,
    tasks_by_requests,
)
from local.settings import ROOT

SIZES = (1_000, 10_000, 100_000)
PAGE, TEMPLATE = ROOT / "docs" / "capacity.md", HERE / "page.md"
WIDTHS = {False: "---", True: "---:"}


def page(inputs: Inputs, template: Path = TEMPLATE) -> str:
    """Write the page; raises KeyError when the template asks for a figure that is not computed."""
    loads = {size: load(inputs, size) for size in SIZES}
    figures = _tables(inputs, loads) | _machine(inputs) | _words(inputs, loads)
    return Template(template.read_text(encoding="utf-8")).substitute(figures)


def summary(inputs: Inputs) -> str:
    """Write the two tables that matter."""
    loads = {size: load(inputs, size) for size in SIZES}
    return f"{_needs(loads.values())}\n\n{_costs(inputs, loads.values())}"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table; columns after the first are figures when their first row begins with a digit."""
    cells = [[_cell(value) for value in row] for row in rows]
    right = [place > 0 and bool(cells) and cells[0][place][:1].isdigit() for place in range(len(head))]
    lines = ["| " + " | ".join(head) + " |", "|" + "|".join(WIDTHS[one] for one in right) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in cells)])


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _tables(inputs: Inputs, loads: Mapping[int, Load]) -> dict[str, str]:
    every = loads.values()
    sizes = [f"{one.people:,}" for one in every]
    assumed = [(name, a.value, a.unit, a.reason) for name, a in inputs.assumed.items()]
    doing = sorted({key for role in inputs.roles for key in role.does})
    return {
        "needs": _needs(every),
        "costs": _costs(inputs, every),
        "hot": table(["key", "asked for", *sizes], _hot(every)),
        "ledger": _ledger(every),
        "actions": _actions(inputs),
        "roles": table(
            ["action", *(role.name for role in inputs.roles)],
            [
                ["share of people", *(f"{role.share:.0%}" for role in inputs.roles)],
                *(
                    [inputs.actions[key].label, *(role.does.get(key, "0") for role in inputs.roles)]
                    for key in doing
                ),
            ],
        ),
        "assumptions": table(["assumption", "value", "unit", "why"], assumed),
        "prices": table(
            ["price", "dollars", "for one"], [(n, f"{p.dollars}", p.unit) for n, p in inputs.prices.items()]
        ),
    }


def _needs(loads: Iterable[Load]) -> str:
    head = ["people", "actions a second", "vCPU busy", "tasks", "read units a second", "write units a second"]
    rows = [
        [
            f"{one.people:,}",
            one.actions,
            one.cores,
            one.tasks,
            one.reads + one.worker_reads,
            one.writes + one.worker_writes,
        ]
        for one in loads
    ]
    return table(head, rows)


def _costs(inputs: Inputs, loads: Iterable[Load]) -> str:
    bills = {one.people: costs(inputs, one) for one in loads}
    parts = [
        [part, *(f"{bill[part]:,.0f}" for bill in bills.values())] for part in next(iter(bills.values()))
    ]
    total = ["**total**", *(f"{sum(bill.values()):,.0f}" for bill in bills.values())]
    each = [
        "per person",
        *(f"{sum(bill.values()) / people:.2f}" for people, bill in bills.items()),
    ]
    return table(["part", *(f"{people:,}" for people in bills)], [*parts, total, each])


def _hot(loads: Iterable[Load]) -> Iterable[Sequence[object]]:
    for keys in zip(*(one.hot for one in loads), strict=True):
        yield [keys[0].what, keys[0].kind, *(f"{key.share:.1%}" for key in keys)]


def _ledger(loads: Iterable[Load]) -> str:
    head = [
        "people",
        "changes",
        "GB in tables",
        "GB of each task's copy",
        "hours until it is built",
        "hours to erase a person",
    ]
    rows = [
        [
            f"{one.people:,}",
            f"{one.events / 1e6:,.0f} million",
            one.gigabytes,
            one.copy_gigabytes,
            one.rebuild_seconds / HOUR,
            one.erasure_seconds / HOUR,
        ]
        for one in loads
    ]
    return table(head, rows)


def _actions(inputs: Inputs) -> str:
    head = ["action", "CPU ms", "CPU ms on a task", "requests", "read units", "write units"]
    rows = [
        [
            one.label,
            one.cpu_ms,
            action_cpu_ms(inputs, one.key),
            one.requests,
            float(sum(one.read.values())),
            float(sum(one.written.values())),
        ]
        for one in inputs.actions.values()
    ]
    return table(head, rows)


def _machine(inputs: Inputs) -> dict[str, str]:
    cpu, units, stage = inputs.measured["cpu"], inputs.measured["units"], inputs.stage
    foreign = max(one["foreign"] for one in cpu["operations"].values())
    return {
        "processor": cpu["processor"],
        "measured_at": cpu["at"][:10],
        "python": cpu["python"],
        "cores": str(cpu["cores"]),
        "foreign": f"up to {foreign:.1f}",
        "cpu_tickets": f"{cpu['tickets']:,}",
        "pss": f"{cpu['memory_mib']['web'] + cpu['memory_mib']['worker']:.0f}",
        "copy_rate": f"{cpu['copy_events_per_second']:,}",
        "copy_events": f"{cpu['copy_events']:,}",
        "tickets": f"{units['tickets']:,}",
        "vcpu": f"{stage.cpu / 1024:g}",
        "memory": f"{stage.memory / 1024:g}",
        "busy": f"{inputs.busy * 100:g}",
        "shards": str(stage.feed_shards),
        "tasks_least": str(stage.tasks_least),
        "tasks_most": str(stage.tasks_most),
        "noted": f"{inputs.noted:%d %B %Y}",
        "source": inputs.source,
        "years": f"{inputs.take('years_kept'):g}",
        "cold": "`cold_reads`",
        "disk": f"{inputs.limits['task_disk_gb']:g}",
        "table_units": f"{inputs.limits['table_units']:,}",
    }


def _words(inputs: Inputs, loads: Mapping[int, Load]) -> dict[str, str]:
    """Return the figures of the prose."""
    large = loads[SIZES[-1]]
    bill = costs(inputs, large)
    sign_ins = sign_ins_a_second(inputs, large.tasks)
    feed = next(key for key in large.hot if key.kind == "reads" and "feed" in key.what)
    words = {
        "address": f"{behind_one_address(inputs):,}",
        "busiest": large.busiest,
        "busiest_writes": f"{large.busiest_writes:,.0f}",
        "feed_share": f"{feed.share * 100:.0f}",
        "rebuild_share": f"{bill['tables: new tasks read the ledger'] / sum(bill.values()) * 100:.0f}",
        "by_cpu": str(tasks_by_cpu(inputs, large.cores)),
        "by_requests": str(tasks_by_requests(inputs, large.actions)),
        "tasks_twice": str(2 * large.tasks),
        "sign_ins": f"{sign_ins:,.0f}",
        "sign_in_minutes": f"{large.people / sign_ins / 60:.1f}",
        "rebuild_minutes": f"{loads[SIZES[0]].rebuild_seconds / 60:,.0f}",
        "gigabytes_100000": f"{large.gigabytes:,.0f}",
    }
    for people, one in loads.items():
        words |= {
            f"tasks_{people}": str(one.tasks),
            f"copy_{people}": f"{one.copy_gigabytes:,.0f}",
            f"erasure_{people}": f"{one.erasure_seconds / HOUR:,.0f}",
            f"rebuild_{people}": f"{one.rebuild_seconds / HOUR:,.0f}",
            f"events_{people}": f"{one.events / 1e6:,.0f}",
        }
    return words
