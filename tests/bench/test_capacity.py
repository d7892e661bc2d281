"""Capacity and costs: the arithmetic on small numbers, and that the page matches the inputs."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date

import pytest

from bench.capacity.costs import costs, month
from bench.capacity.inputs import Action, Assumption, Inputs, InputsError, Price, Role, load
from bench.capacity.page import PAGE, SIZES, page, table
from bench.capacity.plan import (
    behind_one_address,
    busy_hours,
    feed_reads,
    rates,
    sign_ins_a_second,
    tasks_by_cpu,
    tasks_by_requests,
    tasks_needed,
)
from bench.capacity.plan import load as load_of
from bench.capacity.tally import Tally
from cdk.context import Stage
from local.settings import ROOT
from portal.cli.worker import FOLLOW_EVERY
from pynamodb_grid.tests.depth import deep
from services.privacy.erasure import PARTS_PER_RUN
from services.privacy.ledger_step import PAGE as PAGE_ITEMS
from services.reporting.engine import SHORT_OVERLAP

ROUND = {
    "burst": 2, "busy_hours": 8, "busy_days": 20, "mean_of_peak": 0.5, "quiet_of_peak": 0.0, "arm_factor": 1,
    "request_cpu_ms": 1, "cold_reads": 1, "worker_share": 0.2, "feed_reads": 4, "lease_writes": 2,
    "erasure_items": 500, "spare_tasks": 1, "years_kept": 1, "teams": 10, "team_skew": 2,
    "item_overhead": 0, "page_kb": 10, "log_bytes": 1000, "image_gb": 1, "lcu_connections": 3000,
    "metrics": 0, "alarms": 0, "keys": 0, "kms_hour": 0, "secrets": 0, "bucket_gb": 0, "waf_rules": 5,
    "http_requests": 2, "releases": 1,
}  # fmt: skip
LEDGER = {
    "tickets": {"items": 1.0, "read": 0.125},  # 1,024 bytes
    "tickets/by_state": {"items": 1.0, "read": 0.0625},
    "ticket_history": {"items": 5.0, "read": 0.625},
    "ticket_history/by_time": {"items": 5.0, "read": 0.3125},
}
STAGE = Stage(
    name="x", region="r-1", zones=("r-1a", "r-1b"), domain="h.example.org", zone_name="example.org",
    zone_id="Z", alarm_email="a@example.org", cpu=2048, memory=4096, tasks_least=2, tasks_most=9,
    requests_per_task=6000, feed_shards=4, address_limit=20_000,
)  # fmt: skip


@pytest.fixture
def inputs() -> Inputs:
    """Everybody reads a ticket a second and writes one every two minutes; every price is a dollar."""
    reading = Action("ticket", "one ticket", 9.0, 0.0, {"tickets": 3.0, "sessions": 1.0}, {})
    writing = Action(
        "create",
        "create",
        49.0,
        0.0,
        {},
        {
            "tickets": 2.0,
            "tickets/by_state": 1.0,
            "counters": 1.0,
            "idempotency_keys": 1.0,
            "ticket_history/by_time": 1.0,
        },
    )
    return Inputs(
        actions={"ticket": reading, "create": writing, "sign_in": replace(reading, cpu_ms=99.0)},
        roles=(Role("everybody", 1.0, {"ticket": 60.0, "create": 0.5}, ""),),
        assumed={name: Assumption(value, "", "") for name, value in ROUND.items()},
        prices={name: Price(1.0, "") for name in load().prices},
        noted=date(2026, 1, 1),
        source="",
        limits={"partition_reads": 3000, "partition_writes": 1000},
        stage=STAGE,
        busy=0.6,
        measured={
            "units": {"ledger": LEDGER, "copy_bytes_per_event": 100.0},
            "cpu": {"copy_events_per_second": 1000},
        },
    )


def test_actions_a_second_are_people_times_what_they_do_in_a_minute(inputs):
    assert rates(inputs, 120) == {"ticket": 120.0, "create": 1.0}


def test_the_busiest_minute_in_cores_and_units(inputs):
    peak = load_of(inputs, 120)
    assert peak.actions == 242
    assert peak.cores == pytest.approx(240 * 0.010 + 2 * 0.050)  # with 1 ms for a cold read
    assert peak.reads == 240 * 4 + 242
    assert peak.writes == 2 * 6
    assert (peak.changes, peak.created) == (2, 2)
    assert (peak.busiest, peak.busiest_writes) == ("tickets", 6)


def test_tasks_by_cpu_keep_two_fifths_free_and_the_workers_share(inputs):
    # 2 vCPU at 60 % are 1.2, of which the worker takes 0.2.
    assert tasks_by_cpu(inputs, 3.0) == 3
    assert tasks_by_cpu(inputs, 3.1) == 4
    # 100 actions are 200 requests a second, 12,000 a minute.
    assert tasks_by_requests(inputs, 100) == 2
    assert tasks_by_requests(inputs, 101) == 3
    assert tasks_needed(inputs, 3.0, 0) == 4
    assert tasks_needed(inputs, 0.1, 200) == 5
    assert tasks_needed(inputs, 0.0, 0) == STAGE.tasks_least


def test_a_month_is_so_many_hours_of_the_busiest(inputs):
    assert busy_hours(inputs) == 8 * 20 * 0.5
    quiet = {**inputs.assumed, "quiet_of_peak": Assumption(0.1, "", "")}
    assert busy_hours(replace(inputs, assumed=quiet)) == pytest.approx(80 + (24 * 30.4 - 160) * 0.1)


def test_the_ledger_grows_by_what_is_written_and_a_new_task_reads_it(inputs):
    peak = load_of(inputs, 120)
    # One change a second in the mean of the busiest hour, 80 such hours a month, a year.
    assert peak.events == 1 * 80 * 3600 * 12
    assert peak.rebuild_reads == pytest.approx(peak.events * 0.125)
    assert peak.rebuild_seconds == peak.events / 1000
    assert peak.erasure_seconds == peak.events / 500
    assert peak.copy_gigabytes == pytest.approx(peak.events * 100 / 1e9)
    # As many tickets as changes here: 1,024 and 512 bytes of each for table and index.
    assert peak.protected == pytest.approx(peak.events * 2048 / 1e9)
    assert peak.gigabytes == pytest.approx(peak.events * 3072 / 1e9)


def test_a_worker_asks_every_shard_and_reads_changes_again(inputs):
    assert feed_reads(inputs, 0) == 2.0
    assert feed_reads(inputs, 10) == 2.0 + 10 * 4 * 0.0625


def test_a_shared_key_is_held_against_its_partitions(inputs):
    hot = {key.what: key for key in load_of(inputs, 120_000).hot}
    assert hot["list of all open tickets, written"].share == 2000 / 4 / 1000
    assert hot["the counter of ticket numbers"].share == 2.0
    assert len(hot) == 7  # keys of requests are spread


def test_people_behind_one_address(inputs):
    # 60.5 actions a minute, twice as many requests, twice in the busiest, five minutes: 1,210 for each.
    assert behind_one_address(inputs) == 16


def test_signing_in_after_an_outage(inputs):
    # 1.8 vCPU of each task for web, 100 ms each.
    assert sign_ins_a_second(inputs, 2) == pytest.approx(36)


def test_costs_are_amounts_times_prices(inputs):
    load_ = load_of(inputs, 120)
    used = month(inputs, load_)
    # 80 busiest hours at half of the busiest minute.
    assert used.actions == 121 * 80 * 3600
    bill = costs(inputs, load_)
    assert bill["tasks"] == pytest.approx(used.task_hours * (2 + 4))
    assert bill["tables: people's reads and writes"] == pytest.approx((601 + 6) * 80 * 3600 / 1e6)
    assert bill["tables: storage"] == pytest.approx(load_.gigabytes)
    assert bill["firewall"] == pytest.approx(1 + 5 + used.actions * 2 / 1e6)
    assert bill["data to the internet"] == pytest.approx(used.actions * 10_000 / 1e9)
    # One gateway, three addresses, the log and the images of tasks that start.
    through = used.actions * 2 * 1000 / 1e9 + used.starts
    assert bill["NAT and addresses"] == pytest.approx(24 * 30.4 * 4 + through)
    dearer = replace(inputs, prices=inputs.prices | {"fargate_vcpu_hour": Price(2.0, "")})
    assert costs(dearer, load_)["tasks"] == pytest.approx(used.task_hours * (4 + 4))


def test_units_are_told_apart_by_table_and_index():
    tally = Tally("p-")
    asked = {"TableName": "p-a", "CapacityUnits": 2, "Table": {"CapacityUnits": 0}}
    asked["GlobalSecondaryIndexes"] = {"by_x": {"CapacityUnits": 2}}
    tally.take("Query", {"ConsumedCapacity": asked})
    written = [
        {"TableName": "p-a", "Table": {"CapacityUnits": 4}},
        {"TableName": "p-b", "Table": {"CapacityUnits": 1}},
    ]
    tally.take("TransactWriteItems", {"ConsumedCapacity": written})
    tally.take("DescribeTable", {})
    assert +tally.read == {"a/by_x": 2}
    assert tally.written == {"a": 4, "b": 1}
    assert tally.requests == 3


def test_tables_align_figures_to_the_right():
    assert table(["a", "b"], [["x", 1234], ["y", 0.5]]).splitlines() == [
        "| a | b |", "|---|---:|", "| x | 1,234 |", "| y | 0.5 |",
    ]  # fmt: skip


def test_the_page_is_what_the_inputs_come_to():
    assert PAGE.read_text(encoding="utf-8") == page(load()), "run make capacity"


def test_the_pages_words_hold():
    """The prose draws conclusions; other inputs may call for others."""
    inputs = load()
    small, middle, large = (load_of(inputs, people) for people in SIZES)
    assert small.tasks == inputs.stage.tasks_least
    assert small.copy_gigabytes < inputs.limits["task_disk_gb"] < middle.copy_gigabytes
    assert middle.tasks <= inputs.stage.tasks_most < large.tasks
    assert tasks_by_requests(inputs, large.actions) > tasks_by_cpu(inputs, large.cores)
    assert all(key.share < 0.5 for key in large.hot)
    assert large.busiest_writes < inputs.limits["table_units"]
    bill = costs(inputs, large)
    assert max(bill, key=bill.__getitem__) == "tables: new tasks read the ledger"


def test_the_workers_pace_is_the_products_own():
    inputs = load()
    looks_back = SHORT_OVERLAP.total_seconds() / FOLLOW_EVERY
    assert inputs.take("feed_reads") == looks_back + 1 + 2  # and twice as part of the last minute
    assert inputs.take("erasure_items") == PARTS_PER_RUN * PAGE_ITEMS / FOLLOW_EVERY


def test_what_was_not_measured_cannot_be_assumed(tmp_path):
    measured = json.loads((ROOT / "bench" / "capacity" / "measured.json").read_text(encoding="utf-8"))
    del measured["units"]["actions"]["sign_in"]
    (tmp_path / "measured.json").write_text(json.dumps(measured), encoding="utf-8")
    with pytest.raises(InputsError, match="sign_in"):
        load(measured=tmp_path / "measured.json")


@pytest.mark.engine
@pytest.mark.takes(10)
@deep
def test_every_action_is_measured_on_sixty_tickets(tmp_path):
    known = json.loads((ROOT / "bench" / "capacity" / "measured.json").read_text(encoding="utf-8"))
    operations = known["cpu"]["operations"]
    document = {
        "at": "2026-11-22T00:00:00+00:00",
        "machine": {"cores": 2, "python": "3"},
        "sizes": {
            "60": {
                "operations": operations,
                "memory_mib": {"web": {"pss": 1.0}, "worker": {"pss": 1.0}},
                "loaded": {"events": 300, "rebuild_seconds": 0.1},
            }
        },
    }
    results, measured, written = (tmp_path / name for name in ("results.json", "measured.json", "page.md"))
    results.write_text(json.dumps(document), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "bench.capacity",
        "--measure",
        "--tickets",
        "60",
        "--bench",
        str(results),
    ]
    command += ["--home", str(tmp_path), "--measured", str(measured), "--page", str(written)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    units = json.loads(measured.read_text(encoding="utf-8"))["units"]
    assert units["actions"].keys() == known["units"]["actions"].keys()
    assert units["worker_look"]["requests"] == units["shards"]
    create = units["actions"]["create"]
    assert create["written"]["tickets"] == 2, "a transaction writes twice"
    assert create["read"] == {"sessions": 1.0}
    assert written.read_text(encoding="utf-8").startswith("# Capacity and costs")
