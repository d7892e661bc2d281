"""Preview of saving a role: who gains or loses which permissions, and how many tickets they see."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.errors import Unavailable
from services.reporting.engine import AnalyticsEngine
from services.reporting.visible_tickets import TicketReader, VisibilityChange, compare
from services.users.authorization import RoleService, users_with_role
from services.users.identity import Actor, Permission, Scope, User
from services.users.organizations import OrganizationService

MAX_USERS = 500  # of a role that are compared
Changes = tuple[tuple[Permission, Scope, Scope], ...]


@dataclass(frozen=True)
class Preview:
    """The effect of a role's new permissions; changes are (permission, scope before, scope after).

    A scope replaced by one that does not cover it is both gained and lost. `people` are the active users with
    the role, `more` says that there are more than were compared. `reach` is None if the visible tickets stay
    the same, or if they could not be counted: then `uncounted` says why.
    """

    gained: Changes
    lost: Changes
    people: tuple[User, ...]
    more: bool
    reach: VisibilityChange | None = None
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
        """Return what saving a role (None: a new one) would change, without writing.

        Raises PermissionDenied, RoleNotFound.
        """
        self._roles.check_permission(actor=actor, permission=Permission.ROLE_EDIT)
        before = self._roles.read(role_id).permissions if role_id else {}
        changes = [
            (each, before.get(each, Scope.NONE), permissions.get(each, Scope.NONE)) for each in Permission
        ]
        gained = tuple(change for change in changes if not change[1].covers(change[2]))
        lost = tuple(change for change in changes if not change[2].covers(change[1]))
        holders = users_with_role(role_id, MAX_USERS + 1) if role_id else []
        people, more = tuple(holders[:MAX_USERS]), len(holders) > MAX_USERS
        _, scope_before, scope_after = next(
            change for change in changes if change[0] is Permission.TICKET_VIEW
        )
        if not people or scope_before is scope_after:
            return Preview(gained, lost, people, more)
        try:
            reach = compare(self._engine, [self._reader(user) for user in people], scope_before, scope_after)
        except Unavailable as missing:
            return Preview(gained, lost, people, more, uncounted=missing.message)
        return Preview(gained, lost, people, more, reach)

    def _reader(self, user: User) -> TicketReader:
        shared = self._organizations.shared_by(user.organization_id)
        return TicketReader(user.user_id, shared, frozenset(user.team_ids))
