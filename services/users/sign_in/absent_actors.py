"""AbsentActors: people for whom something is done while they are not there, by a program or the worker."""

from services.users.accounts.user_service import UserService
from services.users.authorization.roles import RoleService
from services.users.identity.actor import Actor
from services.users.identity.user_errors import RoleNotFound, UserNotFound
from services.users.organizations.organizations import OrganizationService
from services.users.sign_in.current_actor import works_on_desk


class AbsentActors:
    """Tells what somebody may do at this moment, without a session of theirs."""

    def __init__(self, *, users: UserService, roles: RoleService, organizations: OrganizationService) -> None:
        self._users, self._roles, self._organizations = users, roles, organizations

    def actor(self, user_id: str, *, address: str | None = None) -> Actor | None:
        """Return somebody with the permissions of their role; None if they may not use the product now."""
        try:
            user = self._users.get(user_id)
            role = self._roles.get(user.role_id)
        except (UserNotFound, RoleNotFound):
            return None
        if not user.active or (role.security.second_factor and not user.second_factor):
            return None
        return Actor(
            user_id=user.user_id,
            name=user.name,
            kind="agent" if works_on_desk(role) else "customer",
            role_id=user.role_id,
            email=user.email,
            address=address,
            team_ids=frozenset(user.team_ids),
            organization_id=self._organizations.shared_by(user.organization_id),
            permissions=role.permissions,
        )
