"""Roles: a name and what it permits, up to which scope."""

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action

from dynamodb_client import Json, LeanModel
from models import items, transaction
from models.store_errors import translated
from models.transaction import Also


class Role(LeanModel):
    """One role; `permissions` maps "resource:action" to own, organization, team or all."""

    class Meta:
        table_name = "roles"

    role_id = UnicodeAttribute(hash_key=True)
    version = NumberAttribute(default=1)
    name = UnicodeAttribute()
    builtin = BooleanAttribute(default=False)
    permissions = Json[dict[str, str]](default=dict)
    second_factor = BooleanAttribute(default=False)
    idle_minutes = NumberAttribute(null=True)
    absolute_minutes = NumberAttribute(null=True)


def find(role_id: str) -> Role | None:
    """Read one role with strong consistency; None when there is none."""
    return items.find(Role, role_id)


def everything() -> list[Role]:
    """List all roles; there are few, so this reads the whole table."""
    with translated():
        return list(Role.scan(consistent_read=True, limit=500))


def update_built_in(role_id: str, name: str, permissions: dict[str, str]) -> None:
    """Write what a built-in role is called and permits, and touch nothing else of it."""
    actions: list[Action] = [
        Role.name.set(name),
        Role.builtin.set(True),
        Role.permissions.set(permissions),
        Role.version.set(Role.version + 1),
    ]
    with translated():
        Role(role_id=role_id).update(actions=actions)


def put(item: Role, *, expected_version: int, also: Also = ()) -> None:
    """Write a role that was at version `expected_version` (0: new), and what goes along.

    Raises VersionMoved, LockMoved.
    """
    unmoved = Role.version == expected_version if expected_version else Role.role_id.does_not_exist()
    transaction.put_version(item, unmoved, also, lambda: find(item.role_id))
