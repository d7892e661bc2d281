"""The keys of encryption: one for what people entrusted to us, one for what operators see."""

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk.context import Stage


class Keys(Construct):
    """Two keys that change yearly; `data` is kept with the data, which nobody could read without it."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage) -> None:
        """Build them."""
        super().__init__(scope, id_)
        self.data = kms.Key(
            self,
            "Data",
            alias=f"{stage.prefix}/data",
            description="Tables, files and secrets",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN if stage.keep_data else RemovalPolicy.DESTROY,
        )
        self.operations = kms.Key(
            self,
            "Operations",
            alias=f"{stage.prefix}/operations",
            description="Logs and alarms",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self._let_logs_in(stage)
        self._let_alarms_in()

    def _let_logs_in(self, stage: Stage) -> None:
        source = f"arn:{Aws.PARTITION}:logs:{stage.region}:{Aws.ACCOUNT_ID}:log-group:*"
        self.operations.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(f"logs.{stage.region}.amazonaws.com")],
                actions=[
                    "kms:Encrypt",
                    "kms:Decrypt",
                    "kms:ReEncrypt*",
                    "kms:GenerateDataKey*",
                    "kms:Describe*",
                ],
                resources=["*"],  # in a key's own policy: this key
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": source}},
            )
        )

    def _let_alarms_in(self) -> None:
        self.operations.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
