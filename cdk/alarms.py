"""The alarms, each with what it means and where to look first."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch as cw
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_lambda as lambda_

from cdk import signals
from cdk.monitoring import MINUTE, NOTE, WAKE, Alarm, Logs, Watch

QUARTER, HOUR = Duration.minutes(15), Duration.hours(1)
TARGET_5XX = elb.HttpCodeTarget.TARGET_5XX_COUNT


def traffic(targets: elb.ApplicationTargetGroup) -> list[Alarm]:
    """Alarm when people get no page, an error, or a slow page."""
    failed = targets.metrics.http_code_target(TARGET_5XX, period=MINUTE, statistic="Sum")
    asked = targets.metrics.request_count(period=MINUTE, statistic="Sum")
    share = cw.MathExpression(
        expression="IF(asked > 50, 100 * FILL(failed, 0) / asked, 0)",
        using_metrics={"failed": failed, "asked": asked},
        period=MINUTE,
        label="requests that failed, per cent",
    )
    slow = targets.metrics.target_response_time(period=MINUTE, statistic="p95")
    healthy = targets.metrics.healthy_host_count(period=MINUTE, statistic="Minimum")
    return [
        Alarm(
            name="nobody-serves", severity=WAKE, metric=healthy, threshold=1, below=True, of=2, within=3,
            silence_is_bad=True,
            meaning="No task is ready: people get 503. Look at the service's events and at /readyz; after a"
            " deployment roll back, else see whether DynamoDB answers.",
        ),
        Alarm(
            name="requests-fail", severity=WAKE, metric=share, threshold=2,
            meaning="More than 2 % of requests end in 5xx for five minutes. Look in the log for"
            " unexpected_error and engine_unavailable; a page's reference stands there as reference.",
        ),
        Alarm(
            name="pages-slow", severity=NOTE, metric=slow, threshold=1, of=10, within=10,
            meaning="One page in twenty takes over a second for ten minutes. Look at CPU and at the number of"
            " tasks first, then at throttled tables.",
        ),
    ]  # fmt: skip


def mail_messages(logs: Logs) -> list[Alarm]:
    """Alarm when e-mails are not sent."""
    lost = cw.MathExpression(
        expression="FILL(refused, 0) + FILL(given_up, 0) + FILL(failed, 0)",
        using_metrics={
            "refused": logs.metric(signals.MAIL_REFUSED, period=HOUR),
            "given_up": logs.metric(signals.MAIL_GIVEN_UP, period=HOUR),
            "failed": logs.metric(signals.MAIL_FAILED, period=HOUR),
        },
        period=HOUR,
        label="e-mails that were not sent",
    )
    return [
        Alarm(
            name="mail-lost", severity=NOTE, metric=lost, threshold=5, of=1, within=1,
            meaning="More than five e-mails an hour were refused or given up. Look at delivery_refused and"
            " delivery_given_up: a wrong address harms one person, a refused login everybody.",
        ),
        Alarm(
            name="mail-behind", severity=NOTE, metric=logs.metric(signals.MAIL_BEHIND), threshold=900,
            meaning="An email waits for more than a quarter of an hour. Look at delivery_delayed: its error says"
            " whether the mail server is away, its certificate is not accepted, or it asks for patience.",
        ),
    ]  # fmt: skip


def product(logs: Logs) -> list[Alarm]:
    """Alarm on what the product itself logs."""
    return [
        Alarm(
            name="engine-away", severity=WAKE, metric=logs.metric(signals.ENGINE), threshold=20,
            meaning="DynamoDB did not answer more than 20 requests a minute for five minutes: people see the"
            " page that waits. Look at the health of the region, then at throttled tables.",
        ),
        Alarm(
            name="jobs-behind", severity=NOTE, metric=logs.metric(signals.JOBS_BEHIND), threshold=1800,
            meaning="A job, such as a change of many tickets, has not moved for more than half an hour. Look at"
            " job_waits_for_engine and worker_job_failed.",
        ),
        Alarm(
            name="worker-silent", severity=WAKE, metric=logs.metric(signals.WORKER_ALIVE), threshold=1,
            below=True, silence_is_bad=True,
            meaning="No worker gave a sign of life for five minutes: no mail leaves, reports stand still."
            " Look at the worker's last lines, then force a new deployment.",
        ),
        Alarm(
            name="reports-behind", severity=NOTE, metric=logs.metric(signals.REPORTS_BEHIND), threshold=300,
            meaning="Reports are more than five minutes behind the ledger. Look for worker_job_failed with"
            " job=analytics; a task that is replaced rebuilds its copy.",
        ),
        Alarm(
            name="unexpected-errors", severity=NOTE, metric=logs.metric(signals.ERRORS, period=QUARTER),
            threshold=5, of=1, within=1,
            meaning="Somebody met an error page more than five times in a quarter of an hour: a bug. The log"
            " line unexpected_error has the endpoint and the traceback.",
        ),
        Alarm(
            name="jobs-fail", severity=NOTE, metric=logs.metric(signals.JOB_FAILED, period=QUARTER),
            threshold=3, of=1, within=1,
            meaning="A job of the worker failed again and again. The line worker_job_failed names it.",
        ),
    ]  # fmt: skip


def capacity(service: ecs.FargateService) -> list[Alarm]:
    """Alarm when more tasks no longer help."""
    return [
        Alarm(
            name="cpu-full", severity=NOTE, metric=service.metric_cpu_utilization(period=MINUTE),
            threshold=85, of=15, within=15,
            meaning="CPU is over 85 % for a quarter of an hour although tasks are added: raise tasks_most.",
        ),
        Alarm(
            name="memory-full", severity=NOTE, metric=service.metric_memory_utilization(period=MINUTE),
            threshold=90, of=10, within=10,
            meaning="Memory is over 90 %: a task that runs out of it is killed. Raise memory.",
        ),
    ]  # fmt: skip


def upkeep(*, certificate: acm.Certificate, rotations: Sequence[lambda_.Function], mail: str) -> list[Alarm]:
    """Alarm on what will hurt later: an old certificate, a failed rotation, a bad sender reputation."""
    bounced, complained = (
        cw.Metric(
            namespace="AWS/SES",
            metric_name=f"Reputation.{name}Rate",
            dimensions_map={"ses:configuration-set": mail},
            period=HOUR,
            statistic="Maximum",
        )
        for name in ("Bounce", "Complaint")
    )
    expiry = certificate.metric_days_to_expiry(period=Duration.days(1), statistic="Minimum")
    return [
        Alarm(
            name="certificate-ends", severity=NOTE, metric=expiry, threshold=21, below=True, of=1, within=1,
            meaning="The certificate ends within three weeks and was not renewed by itself: see whether its"
            " record still stands in the hosted zone.",
        ),
        Alarm(
            name="mail-bounces", severity=NOTE, metric=bounced, threshold=0.05, of=1, within=1,
            meaning="More than 5 % of e-mails bounce; at 10 % Amazon stops sending for us.",
        ),
        Alarm(
            name="mail-complaints", severity=NOTE, metric=complained, threshold=0.001, of=1, within=1,
            meaning="More than one e-mail in a thousand is reported as spam; at five Amazon stops.",
        ),
        *[
            Alarm(
                name=f"rotation-{function.node.id.replace('_', '-')}", severity=NOTE,
                metric=function.metric_errors(period=HOUR), threshold=0, of=1, within=1,
                meaning="A secret could not be changed: the old one stays valid. Look at the function's log.",
            )
            for function in rotations
        ],
    ]  # fmt: skip


def throttled(watch: Watch, tables: dict[str, dynamodb.TableV2]) -> None:
    """Alarm when any table throttles requests."""
    alarms = []
    for name, table in tables.items():
        refused = {
            kind: table.metric(metric, period=MINUTE, statistic="Sum")
            for kind, metric in (("reads", "ReadThrottleEvents"), ("writes", "WriteThrottleEvents"))
        }
        both = cw.MathExpression(
            expression="FILL(reads, 0) + FILL(writes, 0)", using_metrics=refused, period=MINUTE
        )
        alarms.append(watch.add_silent_alarm(f"throttled-{name}", both, threshold=10))
    watch.add_composite_alarm(
        "tables-throttled",
        alarms,
        severity=NOTE,
        meaning="A table refuses requests that come too fast; the product tries again, and people wait. The"
        " alarm throttled-... that is on names the table. A hot partition asks for more feed_shards; a sudden"
        " rush passes.",
    )
