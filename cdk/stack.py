"""The stack of one environment: its parts, and how they depend on each other."""

from collections.abc import Sequence

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_route53 as route53
from constructs import Construct

from cdk import alarms
from cdk.balancer import Balancer
from cdk.context import Stage
from cdk.dashboard import Dashboard
from cdk.firewall import Firewall
from cdk.keys import Keys
from cdk.mail import Mail
from cdk.monitoring import Logs, Watch
from cdk.network import Network
from cdk.registry import NAME
from cdk.secret import Secrets
from cdk.service import Service
from cdk.storage import Storage
from cdk.tables import Tables
from models.table_specs import TableSpec


class Ledgerdesk(Stack):
    """One environment."""

    def __init__(
        self, scope: Construct, id_: str, *, stage: Stage, specs: Sequence[TableSpec], image_tag: str
    ) -> None:
        """Build it; `specs` are the tables, `image_tag` names the release in the registry."""
        super().__init__(
            scope,
            id_,
            env={"region": stage.region},
            description=f"Ledgerdesk, {stage.name}",
            termination_protection=stage.keep_data,
            tags={"product": "ledgerdesk", "stage": stage.name},
        )
        self.stage = stage
        zone = route53.HostedZone.from_hosted_zone_attributes(
            self, "Zone", hosted_zone_id=stage.zone_id, zone_name=stage.zone_name
        )
        keys = Keys(self, "Keys", stage=stage)
        self._keep(keys, zone, specs)
        self._serve(keys, zone, image_tag)
        self._permit(keys)
        self._watch(keys)
        self._say()

    def _keep(self, keys: Keys, zone: route53.IHostedZone, specs: Sequence[TableSpec]) -> None:
        """Create what outlives a release: tables, files, secrets, the mail domain, the log."""
        stage = self.stage
        self.storage = Storage(self, "Storage", stage=stage, key=keys.data)
        self.tables = Tables(self, "Tables", stage=stage, key=keys.data, specs=specs)
        self.mail = Mail(self, "Mail", stage=stage, zone=zone)
        self.secrets = Secrets(
            self,
            "Secrets",
            stage=stage,
            data=keys.data,
            operations=keys.operations,
            sender=self.mail.user,
        )
        self.logs = Logs(self, "Logs", stage=stage, key=keys.operations)

    def _serve(self, keys: Keys, zone: route53.IHostedZone, image_tag: str) -> None:
        """Create what serves requests: network, load balancer with its firewall, tasks."""
        stage, logs = self.stage, self.storage.logs
        vpc = Network(self, "Network", stage=stage, logs=logs).vpc
        self.balancer = Balancer(self, "Balancer", stage=stage, vpc=vpc, zone=zone, logs=logs)
        arn = self.balancer.balancer.load_balancer_arn
        Firewall(self, "Firewall", stage=stage, balancer_arn=arn, key=keys.operations)
        images = ecr.Repository.from_repository_name(self, "Images", NAME)
        self.service = Service(
            self,
            "Service",
            stage=stage,
            vpc=vpc,
            image=ecs.ContainerImage.from_ecr_repository(images, image_tag),
            secrets=self.secrets.settings,
            log_group=self.logs.group,
            targets=self.balancer.targets,
        )

    def _permit(self, keys: Keys) -> None:
        """Grant the running product access to tables, files and their key."""
        role = self.service.task.task_role
        self.tables.grant_use(role)
        self.storage.grant_use(role)
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"],
                resources=[keys.data.key_arn],
                conditions={
                    "StringEquals": {
                        "kms:ViaService": [
                            f"{s}.{self.stage.region}.amazonaws.com" for s in ("dynamodb", "s3")
                        ]
                    }
                },
            )
        )

    def _watch(self, keys: Keys) -> None:
        watch = Watch(self, "Watch", stage=self.stage, key=keys.operations)
        targets, service = self.balancer.targets, self.service.service
        all_alarms = [
            *alarms.traffic(targets),
            *alarms.product(self.logs),
            *alarms.mail_messages(self.logs),
            *alarms.capacity(service),
            *alarms.upkeep(
                certificate=self.balancer.certificate,
                rotations=self.secrets.rotations,
                mail=self.stage.prefix,
            ),
        ]
        alarm_by_name = {alarm.name: watch.add_alarm(alarm) for alarm in all_alarms}
        alarms.throttled(watch, self.tables.tables)
        # A release whose requests fail is rolled back like one that does not start. The alarm is given by name,
        # because it must exist before the service.
        failing = f"{self.stage.prefix}-requests-fail"
        service.enable_deployment_alarms([failing], behavior=ecs.AlarmBehavior.ROLLBACK_ON_ALARM)
        service.node.add_dependency(alarm_by_name["requests-fail"])
        Dashboard(
            self,
            "Dashboard",
            stage=self.stage,
            alarms=watch.alarms,
            targets=targets,
            service=service,
            tables=self.tables.tables,
            logs=self.logs,
        )

    def _say(self) -> None:
        """Output what operators need to run a command of the product: see docs/deploy.md."""
        subnets = self.service.cluster.vpc.private_subnets
        groups = self.service.service.connections.security_groups
        for name, value in {
            "Address": f"https://{self.stage.domain}",
            "Cluster": self.service.cluster.cluster_name,
            "TaskDefinition": self.service.task.family,
            "Subnets": ",".join(subnet.subnet_id for subnet in subnets),
            "SecurityGroup": groups[0].security_group_id,
        }.items():
            CfnOutput(self, f"Out{name}", key=name, value=value)
