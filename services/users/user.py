"""What the users domain answers with."""

from dataclasses import dataclass
from datetime import datetime

from models.role import Role as RoleItem
from models.user import User as UserItem
from services.users.permissions import Permission, Scope


@dataclass(frozen=True)
class User:
    """One person, without the password."""

    user_id: str
    version: int
    name: str
    email: str | None
    role_id: str
    team_ids: tuple[str, ...]
    active: bool
    theme: str
    created_at: datetime

    @classmethod
    def from_model(cls, item: UserItem) -> "User":
        """Take over what may be shown."""
        return cls(
            user_id=item.user_id,
            version=int(item.version),
            name=item.name,
            email=item.email,
            role_id=item.role_id,
            team_ids=tuple(item.team_ids or ()),
            active=item.active,
            theme=item.theme or "system",
            created_at=item.created_at,
        )


@dataclass(frozen=True)
class Role:
    """One role with its permissions."""

    role_id: str
    version: int
    name: str
    builtin: bool
    permissions: dict[Permission, Scope]

    @classmethod
    def from_model(cls, item: RoleItem) -> "Role":
        """Read the stored permissions; one or a scope this version does not know grants nothing."""
        known = {str(permission) for permission in Permission}
        return cls(
            role_id=item.role_id,
            version=int(item.version),
            name=item.name,
            builtin=item.builtin,
            permissions={
                Permission(name): Scope[scope.upper()]
                for name, scope in item.permissions.items()
                if name in known and scope.upper() in Scope.__members__
            },
        )
