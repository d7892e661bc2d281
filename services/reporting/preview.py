"""What saving a role would change: who gains or loses which permissions, and how many tickets that shows."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.errors import Unavailable
from services.reporting.engine import AnalyticsEngine
from services.reporting.visible_tickets import Reach, Seer, compare
from services.users.authorization import RoleService, holders_of
from services.users.identity import Actor, Permission, Scope, User
from services.users.organizations import OrganizationService

PEOPLE = 500  # of a role that are looked at
Changes = tuple[tuple[Permission, Scope, Scope], ...]


@dataclass(frozen=True)
class Preview:
    """What a role's new permissions mean; scopes are before and after.

    A scope that becomes another one without covering it is gained and lost at once. `people` are those who
    have the role and may sign in, `more` says that there are more than were looked at. `reach` is None where
    seeing tickets stays as it is, and where nobody could count: then `uncounted` says why.
    """

    gained: Changes
    lost: Changes
    people: tuple[User, ...]
    more: bool
    reach: Reach | None = None
    uncounted: str = ""


class AccessPreview:
    """Compares a role as it is stored with what it would be."""

    def __init__(
        self, *, roles: RoleService, organizations: OrganizationService, engine: AnalyticsEngine
    ) -> None:
        self._roles, self._organizations, self._engine = roles, organizations, engine

    def of_role(
        self, *, actor: Actor, role_id: str | None, permissions: Mapping[Permission, Scope]
    ) -> Preview:
        """Tell what saving a role (None: a new one) would change, writing nothing.

        Raises PermissionDenied, RoleNotFound.
        """
        self._roles.check_permission(actor=actor, permission=Permission.ROLE_EDIT)
        before = self._roles.read(role_id).permissions if role_id else {}
        changes = [
            (each, before.get(each, Scope.NONE), permissions.get(each, Scope.NONE)) for each in Permission
        ]
        gained = tuple(change for change in changes if not change[1].covers(change[2]))
        lost = tuple(change for change in changes if not change[2].covers(change[1]))
        holders = holders_of(role_id, PEOPLE + 1) if role_id else []
        people, more = tuple(holders[:PEOPLE]), len(holders) > PEOPLE
        _, was, will = next(change for change in changes if change[0] is Permission.TICKET_VIEW)
        if not people or was is will:
            return Preview(gained, lost, people, more)
        try:
            reach = compare(self._engine, [self._seer(user) for user in people], was, will)
        except Unavailable as missing:
            return Preview(gained, lost, people, more, uncounted=missing.message)
        return Preview(gained, lost, people, more, reach)

    def _seer(self, user: User) -> Seer:
        shared = self._organizations.shared_by(user.organization_id)
        return Seer(user.user_id, shared, frozenset(user.team_ids))
