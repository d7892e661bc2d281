"""Users and roles as the services return them."""

from dataclasses import dataclass, field
from datetime import datetime

from models.role import Role as RoleItem
from models.user import User as UserItem
from services.users.identity.actor import AfterSending
from services.users.identity.permissions import Permission, Scope
from services.users.identity.sign_in_policy import OPEN, SignInPolicy


@dataclass(frozen=True)
class User:
    """One user, without the password.

    `second_factor` and the times are set if one user was read, not in lists.
    """

    user_id: str
    version: int
    name: str
    email: str | None
    phone: str | None
    role_id: str
    team_ids: tuple[str, ...]
    organization_id: str | None
    active: bool
    theme: str
    after_sending: AfterSending
    created_at: datetime
    invited_at: datetime | None = None  # until the invitation is accepted
    second_factor: bool = field(default=False, compare=False)
    valid_after: datetime | None = field(default=None, compare=False)  # sessions from before it have ended
    tokens_valid_after: datetime | None = field(default=None, compare=False)  # and API tokens

    @classmethod
    def from_model(cls, item: UserItem) -> "User":
        """Build a user from the stored item, without secrets."""
        return cls(
            user_id=item.user_id,
            version=int(item.version),
            name=item.name,
            email=item.email,
            phone=item.phone,
            role_id=item.role_id,
            team_ids=tuple(item.team_ids or ()),
            organization_id=item.organization_id,
            active=item.active,
            theme=item.theme or "system",
            after_sending=AfterSending(item.after_sending or AfterSending.STAY),
            created_at=item.created_at,
            invited_at=item.invited_at,
            second_factor=item.totp is not None,
            valid_after=item.valid_after,
            tokens_valid_after=item.tokens_valid_after,
        )


@dataclass(frozen=True)
class Role:
    """One role with its permissions."""

    role_id: str
    version: int
    name: str
    builtin: bool
    permissions: dict[Permission, Scope]
    security: SignInPolicy = OPEN

    @classmethod
    def from_model(cls, item: RoleItem) -> "Role":
        """Build a role from the stored item; permissions and scopes that this version does not know grant nothing."""
        known = {str(permission) for permission in Permission}
        return cls(
            role_id=item.role_id,
            version=int(item.version),
            name=item.name,
            builtin=item.builtin,
            security=SignInPolicy(
                item.second_factor,
                int(item.idle_minutes or OPEN.idle_minutes),
                int(item.absolute_minutes or OPEN.absolute_minutes),
            ),
            permissions={
                Permission(name): Scope[scope.upper()]
                for name, scope in item.permissions.items()
                if name in known and scope.upper() in Scope.__members__
            },
        )
