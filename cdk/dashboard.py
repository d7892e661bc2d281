"""One page that answers, from top to bottom: do people get what they ask for, and if not, why."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cw
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from constructs import Construct

from cdk import signals
from cdk.context import Stage
from cdk.monitoring import MINUTE, Logs

WIDE, HALF, HIGH = 24, 12, 6


class Dashboard(Construct):
    """The dashboard of one environment."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        alarms: Sequence[cw.IAlarm],
        targets: elb.ApplicationTargetGroup,
        service: ecs.FargateService,
        tables: dict[str, dynamodb.TableV2],
        logs: Logs,
    ) -> None:
        """Build it."""
        super().__init__(scope, id_)
        cw.Dashboard(
            self,
            "Page",
            dashboard_name=stage.prefix,
            default_interval=Duration.hours(3),
            period_override=cw.PeriodOverride.AUTO,
            widgets=[
                [cw.AlarmStatusWidget(title="Alarms", alarms=list(alarms), width=WIDE, height=4)],
                [_requests(targets), _times(targets)],
                [_load(service), _tasks(stage, targets)],
                [_units("Read", tables), _units("Write", tables)],
                [_worker(logs), _troubles(logs)],
                [_turned_away(stage)],
            ],
        )


def _graph(title: str, left: list[cw.IMetric], right: Sequence[cw.IMetric] = ()) -> cw.GraphWidget:
    return cw.GraphWidget(title=title, left=left, right=list(right), width=HALF, height=HIGH)


def _requests(targets: elb.ApplicationTargetGroup) -> cw.GraphWidget:
    codes = elb.HttpCodeTarget
    answers = (
        (codes.TARGET_2XX_COUNT, "2xx"), (codes.TARGET_3XX_COUNT, "3xx"),
        (codes.TARGET_4XX_COUNT, "4xx"), (codes.TARGET_5XX_COUNT, "5xx"),
    )  # fmt: skip
    counts = [
        targets.metrics.http_code_target(code, period=MINUTE, statistic="Sum", label=label)
        for code, label in answers
    ]
    return _graph("Answers a minute", counts)


def _times(targets: elb.ApplicationTargetGroup) -> cw.GraphWidget:
    times = [
        targets.metrics.target_response_time(period=MINUTE, statistic=share, label=share)
        for share in ("p50", "p95", "p99")
    ]
    return _graph("Seconds until a page", times)


def _load(service: ecs.FargateService) -> cw.GraphWidget:
    used = [
        service.metric_cpu_utilization(period=MINUTE, label="CPU %"),
        service.metric_memory_utilization(period=MINUTE, label="memory %"),
    ]
    return _graph("What tasks use", used)


def _tasks(stage: Stage, targets: elb.ApplicationTargetGroup) -> cw.GraphWidget:
    running = cw.Metric(
        namespace="ECS/ContainerInsights",
        metric_name="RunningTaskCount",
        dimensions_map={"ClusterName": stage.prefix, "ServiceName": stage.prefix},
        period=MINUTE,
        statistic="Average",
        label="running",
    )
    ready = targets.metrics.healthy_host_count(period=MINUTE, statistic="Minimum", label="ready")
    per_task = targets.metrics.request_count_per_target(period=MINUTE, statistic="Sum", label="requests each")
    return _graph("Tasks", [running, ready], [per_task])


def _units(kind: str, tables: dict[str, dynamodb.TableV2]) -> cw.GraphWidget:
    used = [
        table.metric(f"Consumed{kind}CapacityUnits", period=MINUTE, statistic="Sum", label=name)
        for name, table in tables.items()
    ]
    refused = [
        table.metric(f"{kind}ThrottleEvents", period=MINUTE, statistic="Sum", label=f"{name} refused")
        for name, table in tables.items()
    ]
    return _graph(f"{kind} units a minute by table", used, refused)


def _worker(logs: Logs) -> cw.GraphWidget:
    behind = logs.metric(signals.REPORTS_BEHIND)
    mail = [logs.metric(s) for s in (signals.MAIL_SENT, signals.MAIL_DELAYED, signals.MAIL_GIVEN_UP)]
    return _graph("Worker: e-mails, and how far reports are behind", mail, [behind])


def _troubles(logs: Logs) -> cw.GraphWidget:
    kinds = (signals.ERRORS, signals.ENGINE, signals.WORKER_WAITS, signals.JOB_FAILED)
    return _graph("What the logs complain of", [logs.metric(kind) for kind in kinds])


def _turned_away(stage: Stage) -> cw.GraphWidget:
    blocked = cw.MathExpression(
        expression=f'SEARCH(\'{{AWS/WAFV2,Region,Rule,WebACL}} WebACL="{stage.prefix}"'
        " MetricName=\"BlockedRequests\"', 'Sum')",
        period=MINUTE,
        label="",
    )
    return cw.GraphWidget(
        title="Turned away by the firewall, by rule", left=[blocked], width=WIDE, height=HIGH
    )
