"""Findings of cdk-nag that stay, each with its reason; cdk/tests/test_checks.py pins the list."""

from dataclasses import dataclass
from functools import reduce

from aws_cdk import Acknowledgment, Stack, Validations

PLUGIN = "AwsSolutions"
ANY = "IAM5[Resource::*]"


@dataclass(frozen=True)
class Acknowledged:
    """One finding that stays: which rule, where (the path below the stack), and why."""

    rule: str
    place: str
    reason: str

    @property
    def id(self) -> str:
        """Return the finding's name as cdk-nag reports it."""
        return f"{PLUGIN}-{self.rule}"


ACKNOWLEDGED = (
    Acknowledged(
        "EC23",
        "Balancer/Balancer/SecurityGroup/Resource",
        "The balancer is the public door: a helpdesk is for everybody. Behind it only it is let in.",
    ),
    Acknowledged(
        "ECS2",
        "Service/Task/Resource",
        "Plain settings are no secrets; the secret ones come from Secrets Manager (cdk/product.py).",
    ),
    Acknowledged(
        "IAM5[Resource::<StorageAnalytics36F9F624.Arn>/*]",
        "Service/Task/TaskRole/DefaultPolicy/Resource",
        "Every object of a bucket that holds nothing but this environment's columnar copy.",
    ),
    Acknowledged(
        ANY,
        "Service/Task/ExecutionRole/DefaultPolicy/Resource",
        "ecr:GetAuthorizationToken, which knows no resource: it is what logs in to the registry.",
    ),
    Acknowledged(
        ANY,
        "Secrets/secret_key-role/DefaultPolicy/Resource",
        "secretsmanager:GetRandomPassword, which knows no resource; the CDK gives it to every rotation.",
    ),
    Acknowledged(
        ANY,
        "Secrets/mail_login-role/DefaultPolicy/Resource",
        "secretsmanager:GetRandomPassword, which knows no resource; the CDK gives it to every rotation.",
    ),
)


def acknowledge(stack: Stack) -> None:
    """Note at each place what stays there and why; a place that is gone is an error."""
    for one in ACKNOWLEDGED:
        place = reduce(lambda at, name: at.node.find_child(name), one.place.split("/"), stack)
        Validations.of(place).acknowledge(Acknowledgment(id=f"{PLUGIN}::{one.id}", reason=one.reason))
