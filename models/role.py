"""Roles: a name and what it permits, up to which scope."""

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action

from dynamodb_client import Json, LeanModel
from models import transaction
from models.errors import VersionMoved, translated
from models.keys import storable
from models.transaction import Along, LockMoved


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
    if not storable(role_id):
        return None
    with translated():
        try:
            return Role.get(role_id, consistent_read=True)
        except Role.DoesNotExist:
            return None


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


def put(item: Role, *, expected_version: int, also: Along = ()) -> None:
    """Write a role that was at version `expected_version` (0: new), and what goes along; raises VersionMoved."""
    try:
        transaction.save(
            item,
            (Role.version == expected_version) if expected_version else Role.role_id.does_not_exist(),
            also,
        )
    except LockMoved:
        raise
    except VersionMoved:
        # After a lost answer the client asks again and meets its own write.
        stored = find(item.role_id)
        if stored is None or stored.serialize() != item.serialize():
            raise
