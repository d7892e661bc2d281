"""Roles and permissions for programs."""

from portal.api.operations import Answer, Controller, Example
from portal.api.user_schemas import PermissionOutput, Permissions, Role, Roles
from portal.web.guards import services
from services.users.api_tokens import SCOPES
from services.users.identity import Permission

controller = Controller("Roles", "Roles, and what they permit.")


@controller.get("/permissions", needs=(Permission.ROLE_VIEW,), returns=Permissions)
def permissions() -> Answer:
    """List the permissions.

    A token can have those with `for_tokens`.
    """
    shown = [
        PermissionOutput(id=str(each), group=each.group, name=each.label, for_tokens=each in SCOPES)
        for each in Permission
    ]
    return Answer(Permissions(permissions=shown))


@controller.get("/roles", needs=(Permission.ROLE_VIEW,), returns=Roles, sparse=Role)
def roles() -> Answer:
    """List the roles.

    Roles are changed on the page of roles, which asks for a password.
    """
    return Answer(Roles(roles=[Role.from_role(role) for role in services().users.roles.all()]))


@controller.get(
    "/roles/<role_id>",
    needs=(Permission.ROLE_VIEW,),
    returns=Role,
    sparse=Role,
    example=Example({"role_id": "agent"}),
)
def role(role_id: str) -> Answer:
    """Read a role."""
    stored = services().users.roles.read(role_id)
    return Answer(Role.from_role(stored), version=stored.version)
