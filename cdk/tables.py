"""The tables, as the models say; nothing about their keys, indexes or expiry is written here."""

from collections.abc import Iterable, Sequence

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk.context import Stage
from cdk.task_permissions import index_actions, table_actions
from models.table_specs import IndexSpec, TableSpec

KINDS = {
    "S": dynamodb.AttributeType.STRING,
    "N": dynamodb.AttributeType.NUMBER,
    "B": dynamodb.AttributeType.BINARY,
}
PROJECTIONS = {
    "ALL": dynamodb.ProjectionType.ALL,
    "INCLUDE": dynamodb.ProjectionType.INCLUDE,
    "KEYS_ONLY": dynamodb.ProjectionType.KEYS_ONLY,
}


class Tables(Construct):
    """One table per specification: on demand, encrypted, restorable to any second of the last 35 days."""

    def __init__(
        self, scope: Construct, id_: str, *, stage: Stage, key: kms.IKey, specs: Sequence[TableSpec]
    ) -> None:
        """Build them; `key` encrypts."""
        super().__init__(scope, id_)
        self._specs = {spec.name: spec for spec in specs}
        self.tables = {spec.name: self._table(spec, stage, key) for spec in specs}

    def grant_use(self, role: iam.IRole) -> None:
        """Let a role do with each table and index what the product does, and nothing else."""
        for name, table in self.tables.items():
            _permit(role, table_actions(name), table.table_arn)
            for index, actions in index_actions(self._specs[name]).items():
                _permit(role, actions, f"{table.table_arn}/index/{index}")

    def _table(self, spec: TableSpec, stage: Stage, key: kms.IKey) -> dynamodb.TableV2:
        kinds = dict(spec.attributes)
        table = dynamodb.TableV2(
            self,
            spec.name,
            table_name=f"{stage.prefix}-{spec.name}",
            **_keys(spec, kinds),
            billing=dynamodb.Billing.on_demand(),
            encryption=dynamodb.TableEncryptionV2.customer_managed_key(key),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute=spec.ttl,
            deletion_protection=stage.keep_data,
            removal_policy=RemovalPolicy.RETAIN if stage.keep_data else RemovalPolicy.DESTROY,
        )
        for index in spec.indexes:
            table.add_global_secondary_index(
                index_name=index.name,
                **_keys(index, kinds),
                projection_type=PROJECTIONS[index.projection],
                non_key_attributes=list(index.carries) if index.carries else None,
            )
        return table


def _permit(role: iam.IRole, actions: Iterable[str], resource: str) -> None:
    named = sorted(f"dynamodb:{action}" for action in actions)
    role.add_to_principal_policy(iam.PolicyStatement(actions=named, resources=[resource]))


def _keys(spec: TableSpec | IndexSpec, kinds: dict[str, str]) -> dict[str, dynamodb.Attribute]:
    named = {"partition_key": spec.hash_key, "sort_key": spec.range_key}
    return {
        role: dynamodb.Attribute(name=name, type=KINDS[kinds[name]])
        for role, name in named.items()
        if name is not None
    }
