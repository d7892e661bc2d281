"""Where files are: the columnar copy as an open format, and the logs of balancer and network."""

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.context import Stage

UNDO_DAYS = 30  # how long what was deleted or overwritten can be brought back


class Storage(Construct):
    """Two private buckets that speak TLS only."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, key: kms.IKey) -> None:
        """Build them; `key` encrypts what people entrusted to us."""
        super().__init__(scope, id_)
        self._policy = RemovalPolicy.RETAIN if stage.keep_data else RemovalPolicy.DESTROY
        self._prefix = f"{stage.prefix}-{Aws.ACCOUNT_ID}"
        self.logs = self._log_bucket(stage)
        # Not used yet: filled by the columnar copy, once tasks publish its segments to start others from.
        self.analytics = self._bucket("analytics", key)

    def grant_use(self, role: iam.IRole) -> None:
        """Let a role read, write and delete files; earlier versions stay out of its reach."""
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
                resources=[self.analytics.arn_for_objects("*")],
            )
        )
        role.add_to_principal_policy(
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self.analytics.bucket_arn])
        )

    def _bucket(self, name: str, key: kms.IKey) -> s3.Bucket:
        return s3.Bucket(
            self,
            name.capitalize(),
            bucket_name=f"{self._prefix}-{name}",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            server_access_logs_bucket=self.logs,
            server_access_logs_prefix=f"access/{name}/",
            removal_policy=self._policy,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="tidy",
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                    noncurrent_version_expiration=Duration.days(UNDO_DAYS),
                    expired_object_delete_marker=True,
                ),
                s3.LifecycleRule(
                    id="cool",
                    transitions=[
                        s3.Transition(
                            storage_class=s3.StorageClass.INTELLIGENT_TIERING,
                            transition_after=Duration.days(30),
                        )
                    ],
                ),
            ],
        )

    def _log_bucket(self, stage: Stage) -> s3.Bucket:
        """Build the bucket for logs; the balancer can write to none that has a key of ours."""
        return s3.Bucket(
            self,
            "Logs",
            bucket_name=f"{self._prefix}-logs",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            removal_policy=self._policy,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="forget",
                    expiration=Duration.days(stage.log_days),
                    noncurrent_version_expiration=Duration.days(1),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
        )
