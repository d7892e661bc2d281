"""Where images wait to be run: one registry for all environments, so that what was tried runs."""

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_ecr as ecr
from constructs import Construct

NAME = "ledgerdesk"
KEPT = 50  # images: what one may want to go back to


class Registry(Stack):
    """The registry; a tag, once given, never names another image."""

    def __init__(self, scope: Construct, id_: str, *, region: str) -> None:
        """Build it."""
        super().__init__(scope, id_, env={"region": region}, description="Images of Ledgerdesk")
        ecr.Repository(
            self,
            "Images",
            repository_name=NAME,
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            image_scan_on_push=True,
            encryption=ecr.RepositoryEncryption.KMS,
            removal_policy=RemovalPolicy.RETAIN,
            lifecycle_rules=[ecr.LifecycleRule(max_image_count=KEPT, description="Keep the latest")],
        )
