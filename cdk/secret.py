"""Secrets that are generated here, never shown to anybody, and rotated while the product runs."""

from pathlib import Path

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk.context import Stage
from cdk.product import KEY_SETTINGS, MAIL_SETTINGS

FUNCTIONS = str(Path(__file__).with_name("functions"))
EVERY = Duration.days(90)
KEYS_KEPT = 12  # three years of earlier keys: what was encrypted with them can still be decrypted


class Secrets(Construct):
    """The signing key and the mail login, each with the function that rotates it."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        data: kms.IKey,
        operations: kms.IKey,
        sender: iam.IUser,
    ) -> None:
        """Build them; `data` encrypts secrets, `operations` logs; `sender` is the user that SMTP signs in as."""
        super().__init__(scope, id_)
        self._stage, self._data, self._operations = stage, data, operations
        key = self._secret("signing-key", generated="SECRET_KEY", others='{"SECRET_KEY_FALLBACKS": ""}')
        login = self._secret("mail-login", generated="SMTP_PASSWORD", others='{"SMTP_USERNAME": "none yet"}')
        self.rotations = [
            self._rotate(key, "secret_key", {"KEEP": str(KEYS_KEPT)}),
            self._rotate(
                login,
                "mail_login",
                {"MAIL_USER": sender.user_name, "SMTP_HOST": f"email-smtp.{stage.region}.amazonaws.com"},
            ),
        ]
        self.rotations[1].add_to_role_policy(
            iam.PolicyStatement(
                actions=["iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:ListAccessKeys"],
                resources=[sender.user_arn],
            )
        )
        self.settings = self._settings(key, login)

    def _settings(self, key: secretsmanager.Secret, login: secretsmanager.Secret) -> dict[str, ecs.Secret]:
        """Return the secret settings by their environment names."""
        settings = {
            name: ecs.Secret.from_secrets_manager(secret, name)
            for secret, names in ((key, KEY_SETTINGS), (login, MAIL_SETTINGS))
            for name in names
        }
        for name, place in self._stage.secrets.items():
            by_hand = secretsmanager.Secret.from_secret_name_v2(self, f"ByHand{name}", place)
            settings[name] = ecs.Secret.from_secrets_manager(by_hand)
        return settings

    def _secret(self, name: str, *, generated: str, others: str) -> secretsmanager.Secret:
        return secretsmanager.Secret(
            self,
            name,
            secret_name=f"{self._stage.prefix}/{name}",
            encryption_key=self._data,
            removal_policy=RemovalPolicy.RETAIN if self._stage.keep_data else RemovalPolicy.DESTROY,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=others,
                generate_string_key=generated,
                password_length=64,
                exclude_punctuation=True,
            ),
        )

    def _rotate(
        self, secret: secretsmanager.Secret, module: str, environment: dict[str, str]
    ) -> lambda_.Function:
        """Rotate a secret every quarter with a function that also replaces the tasks, which read it at start."""
        name = self._stage.prefix
        group = logs.LogGroup(
            self,
            f"{module}-log",
            log_group_name=f"/{name}/rotation/{module}",
            encryption_key=self._operations,
            retention=logs.RetentionDays.ONE_YEAR,
            removal_policy=RemovalPolicy.DESTROY,
        )
        role = iam.Role(self, f"{module}-role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        group.grant_write(role)
        function = lambda_.Function(
            self,
            module,
            function_name=f"{name}-rotate-{module.replace('_', '-')}",
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            handler=f"rotation.{module}.handler",
            code=lambda_.Code.from_asset(FUNCTIONS, exclude=["**/__pycache__"]),
            timeout=Duration.minutes(2),
            role=role,
            log_group=group,
            environment={**environment, "CLUSTER": name, "SERVICE": name},
        )
        service = f"arn:{Aws.PARTITION}:ecs:{self._stage.region}:{Aws.ACCOUNT_ID}:service/{name}/{name}"
        function.add_to_role_policy(iam.PolicyStatement(actions=["ecs:UpdateService"], resources=[service]))
        secret.add_rotation_schedule(
            f"{module}-schedule", rotation_lambda=function, automatically_after=EVERY
        )
        return function
