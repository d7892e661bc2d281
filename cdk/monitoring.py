"""Metrics and alarms: an alarm wakes somebody only for what users notice and an operator can fix."""

from dataclasses import dataclass

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cw
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from cdk.context import Stage
from cdk.signals import SIGNALS, Signal

MINUTE = Duration.minutes(1)
WAKE, NOTE = "wake", "note"
RETENTION = {
    30: logs.RetentionDays.ONE_MONTH,
    90: logs.RetentionDays.THREE_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
}


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """When to notify somebody: `metric` beyond `threshold` in `of` of the last `within` minutes.

    `meaning` is what users notice and where to look first; it is all that the person on call gets to read.
    """

    name: str
    severity: str
    metric: cw.IMetric
    threshold: float
    meaning: str
    of: int = 5
    within: int = 5
    below: bool = False
    silence_is_bad: bool = False


class Logs(Construct):
    """The product's log, and the metrics counted from it."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, key: kms.IKey) -> None:
        """Build it; `key` encrypts."""
        super().__init__(scope, id_)
        self._namespace = f"Ledgerdesk/{stage.name}"
        self.group = logs.LogGroup(
            self,
            "Product",
            log_group_name=f"/{stage.prefix}/product",
            encryption_key=key,
            retention=RETENTION[stage.log_days],
            removal_policy=RemovalPolicy.RETAIN if stage.keep_data else RemovalPolicy.DESTROY,
        )
        for signal in SIGNALS:
            logs.MetricFilter(
                self,
                signal.name,
                log_group=self.group,
                filter_pattern=logs.FilterPattern.string_value("$.event", "=", signal.event),
                metric_namespace=self._namespace,
                metric_name=signal.name,
                metric_value=f"$.{signal.field}" if signal.field else "1",
            )

    def metric(self, signal: Signal, *, period: Duration = MINUTE) -> cw.Metric:
        """Return a signal as a metric: its count, or its highest value."""
        return cw.Metric(
            namespace=self._namespace,
            metric_name=signal.name,
            period=period,
            statistic="Maximum" if signal.field else "Sum",
            label=signal.name,
        )


class Watch(Construct):
    """The two topics and the alarms that publish to them."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, key: kms.IKey) -> None:
        """Build the topics; `key` encrypts their messages."""
        super().__init__(scope, id_)
        self._prefix = stage.prefix
        self.topics = {}
        for severity in (WAKE, NOTE):
            topic = sns.Topic(
                self, severity, topic_name=f"{stage.prefix}-{severity}", master_key=key, enforce_ssl=True
            )
            topic.add_subscription(subscriptions.EmailSubscription(stage.alarm_email))
            self.topics[severity] = topic
        self.alarms: list[cw.IAlarm] = []

    def add_alarm(self, alarm: Alarm) -> cw.Alarm:
        """Create an alarm."""
        compare = cw.ComparisonOperator
        cloudwatch_alarm = cw.Alarm(
            self,
            alarm.name,
            alarm_name=f"{self._prefix}-{alarm.name}",
            alarm_description=alarm.meaning,
            metric=alarm.metric,
            threshold=alarm.threshold,
            evaluation_periods=alarm.within,
            datapoints_to_alarm=alarm.of,
            comparison_operator=compare.LESS_THAN_THRESHOLD
            if alarm.below
            else compare.GREATER_THAN_THRESHOLD,
            treat_missing_data=cw.TreatMissingData.BREACHING
            if alarm.silence_is_bad
            else cw.TreatMissingData.NOT_BREACHING,
        )
        self._send(cloudwatch_alarm, alarm.severity)
        return cloudwatch_alarm

    def add_composite_alarm(self, name: str, alarms: list[cw.IAlarm], *, severity: str, meaning: str) -> None:
        """Create one composite alarm over several silent ones."""
        composite = cw.CompositeAlarm(
            self,
            name,
            composite_alarm_name=f"{self._prefix}-{name}",
            alarm_description=meaning,
            alarm_rule=cw.AlarmRule.any_of(*alarms),
        )
        self._send(composite, severity)

    def add_silent_alarm(self, name: str, metric: cw.IMetric, *, threshold: float) -> cw.Alarm:
        """Create an alarm that only counts as part of another."""
        return cw.Alarm(
            self,
            name,
            alarm_name=f"{self._prefix}-{name}",
            metric=metric,
            threshold=threshold,
            evaluation_periods=3,
            datapoints_to_alarm=2,
            comparison_operator=cw.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cw.TreatMissingData.NOT_BREACHING,
        )

    def _send(self, alarm: cw.AlarmBase, severity: str) -> None:
        action = actions.SnsAction(self.topics[severity])
        alarm.add_alarm_action(action)
        alarm.add_ok_action(action)
        self.alarms.append(alarm)
