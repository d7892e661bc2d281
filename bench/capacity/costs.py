"""What a month costs at a load, part by part, in US dollars."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.capacity.inputs import Inputs
from bench.capacity.plan import DAYS, FEED, GB, HOUR, Load, feed_reads, item_units, tasks_needed

MILLION = 1e6


@dataclass(frozen=True)
class Month:
    """A month's work: task hours, starts of tasks, and what they and the people request from DynamoDB."""

    task_hours: float
    starts: float
    actions: float
    reads: float
    writes: float
    feed_reads: float
    rebuild_reads: float
    lease_writes: float


def month(inputs: Inputs, load: Load) -> Month:
    """Spread a load over a month: working hours at the mean of the peak, the rest nearly quiet."""
    busy = inputs.take("busy_hours") * inputs.take("busy_days")
    quiet = 24 * DAYS - busy
    at_work, at_night = (
        tasks_needed(inputs, load.cores * part, load.actions * part)
        for part in (inputs.take("mean_of_peak"), inputs.take("quiet_of_peak"))
    )
    task_hours = busy * at_work + quiet * at_night
    seconds = load.hours * HOUR / inputs.take("burst")  # at the rate of the busiest minute
    starts = (at_work - at_night) * inputs.take("busy_days") + at_work * inputs.take("releases")
    idle = task_hours * HOUR * feed_reads(inputs, 0.0)
    followed = load.changes * seconds * at_work * inputs.take("feed_reads") * item_units(inputs, FEED)
    return Month(
        task_hours=task_hours,
        starts=starts,
        actions=load.actions * seconds,
        reads=load.reads * seconds,
        writes=load.writes * seconds,
        feed_reads=idle + followed,
        rebuild_reads=starts * load.rebuild_reads,
        lease_writes=task_hours * HOUR * inputs.take("lease_writes"),
    )


def costs(inputs: Inputs, load: Load) -> dict[str, float]:
    """Return dollars a month by part."""
    used, take, price = month(inputs, load), inputs.take, inputs.price
    stage, hours = inputs.stage, 24 * DAYS
    out_gb = used.actions * take("page_kb") * 1000 / GB
    asked = used.actions * take("http_requests")
    logs_gb = asked * take("log_bytes") / GB
    lcus = max(out_gb / load.hours, load.people / take("lcu_connections"))
    nat_gb = logs_gb + used.starts * take("image_gb")
    reads_price, writes_price = price("dynamodb_reads") / MILLION, price("dynamodb_writes") / MILLION
    addresses = stage.nat_gateways + len(stage.zones)
    task_hour = stage.cpu / 1024 * price("fargate_vcpu_hour") + stage.memory / 1024 * price("fargate_gb_hour")
    return {
        "tasks": used.task_hours * task_hour,
        "tables: people's reads and writes": used.reads * reads_price + used.writes * writes_price,
        "tables: workers follow the ledger": used.feed_reads * reads_price + used.lease_writes * writes_price,
        "tables: new tasks read the ledger": used.rebuild_reads * reads_price,
        "tables: storage": load.gigabytes * price("dynamodb_storage"),
        "tables: restorable to the second": load.protected * price("dynamodb_pitr"),
        "balancer": hours * price("balancer_hour") + load.hours * lcus * price("balancer_lcu_hour"),
        "NAT and addresses": hours * stage.nat_gateways * price("nat_hour")
        + nat_gb * price("nat_gb")
        + hours * addresses * price("address_hour"),
        "data to the internet": out_gb * price("out_gb"),
        "firewall": _firewall(inputs, asked),
        "logs, metrics, alarms": _watching(inputs, logs_gb),
        "keys, secrets, buckets": _small(inputs, load.people, hours),
    }


def _firewall(inputs: Inputs, asked: float) -> float:
    rules = inputs.take("waf_rules") * inputs.price("waf_rule_month")
    return inputs.price("waf_acl_month") + rules + asked / MILLION * inputs.price("waf_requests")


def _watching(inputs: Inputs, logs_gb: float) -> float:
    """Add up log ingestion, log storage at a tenth of the size, metrics and alarms."""
    stored_gb = logs_gb * inputs.stage.log_days / DAYS / 10
    fixed: Mapping[str, str] = {"metrics": "metric_month", "alarms": "alarm_month"}
    counted = sum(inputs.take(what) * inputs.price(price) for what, price in fixed.items())
    return logs_gb * inputs.price("logs_gb") + stored_gb * inputs.price("logs_kept_gb") + counted


def _small(inputs: Inputs, people: int, hours: float) -> float:
    keys = inputs.take("keys") * inputs.price("kms_key_month")
    asked = inputs.take("kms_hour") * hours / MILLION * inputs.price("kms_requests")
    secrets = inputs.take("secrets") * inputs.price("secret_month")
    return keys + asked + secrets + people / 1000 * inputs.take("bucket_gb") * inputs.price("s3_gb")
