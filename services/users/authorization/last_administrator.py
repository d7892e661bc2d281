"""Somebody can always edit people and roles: the last who can is neither demoted, suspended nor erased.

A guard item is written in the transaction of every change by which somebody enters or leaves this circle,
under the condition that nobody wrote it since it was read. So two changes never both count on the other's
person. The ids it holds are a hint where to look first: whoever is counted on is read strongly each time,
after the guard.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from models import optimistic_locks as lock_table
from models import role as role_table
from models import user as user_table
from models.optimistic_locks import Lock
from models.transaction import OptimisticLock
from models.user import User as UserItem
from services.errors import Invalid
from services.users.identity.permissions import Permission, Scope
from services.users.identity.user import Role

GUARD = "administrators"
# What an administrator is, whatever the role is called.
POWERS = (Permission.ROLE_EDIT, Permission.USER_EDIT)
LOOKED_AT = 1000  # people of a role; one who can still sign in among them is enough
KEPT = 50


class LastAdministrator(Invalid):
    """Nobody would be left to edit people and roles."""

    def __init__(self) -> None:
        super().__init__("Nobody else can edit users and roles. Make another person administrator first.")


@dataclass(frozen=True)
class Standing:
    """What decides whether a person counts: the role, and whether they may and can sign in."""

    role_id: str
    active: bool
    can_sign_in: bool

    @classmethod
    def of(cls, item: UserItem) -> "Standing":
        """Read a person's standing."""
        has_key = bool(item.password_hash or item.identities)
        return cls(item.role_id, bool(item.active), bool(item.email) and has_key and item.erased_at is None)


class LastAdministratorLock:
    """Gives those who change people and roles the guard to write along, in a list that is mostly empty."""

    def when_person_changes(
        self, *, user_id: str, before: Standing | None, after: Standing | None
    ) -> list[OptimisticLock]:
        """Return the guard for a change of one person, if one is needed; raises LastAdministrator.

        `before` None is a new person, `after` None one who goes.
        """
        if before and after and (before.role_id, before.active) == (after.role_id, after.active):
            return []
        lock = lock_table.read(GUARD)
        was = before is not None and before.active and _powerful(before.role_id)
        will = after is not None and after.active and after.can_sign_in and _powerful(after.role_id)
        if not was and not will:
            return []
        people = self._others(lock, but=user_id)
        if will:
            people = [*people, user_id]
        elif before and before.can_sign_in and not people:
            raise LastAdministrator
        return [lock.next(people)]

    def when_person_leaves(self, item: UserItem) -> list[OptimisticLock]:
        """Return the guard for erasing a person as read, if one is needed; raises LastAdministrator.

        It goes into the transaction that makes the account useless: see user.update_if and transaction.retry_locked.
        """
        return self.when_person_changes(user_id=item.user_id, before=Standing.of(item), after=None)

    def when_role_changes(
        self, *, role_id: str, permissions: Mapping[Permission, Scope]
    ) -> list[OptimisticLock]:
        """Return the guard for a role's new permissions, if one is needed; raises LastAdministrator."""
        lock = lock_table.read(GUARD)
        if _grants(permissions) or not _powerful(role_id):
            return []
        people = self._others(lock, without=role_id)
        if not people and _counted(user_table.accounts_of_role(role_id, LOOKED_AT), {role_id}):
            raise LastAdministrator
        return [lock.next(people)]

    def _others(self, lock: Lock, *, but: str = "", without: str = "") -> list[str]:
        """List people who are administrators now, `but` one person and those `without` whose role goes."""
        roles = {
            item.role_id for item in role_table.everything() if _grants(Role.from_model(item).permissions)
        }
        roles.discard(without)
        known = _counted((UserItem(user_id=id_) for id_ in lock.people if id_ != but), roles)
        if known:
            return known
        indexed = (item for role in sorted(roles) for item in user_table.accounts_of_role(role, LOOKED_AT))
        return _counted((item for item in indexed if item.user_id != but), roles)


def _counted(people: Iterable[UserItem], roles: Collection[str]) -> list[str]:
    """Pick those who can sign in and have one of the roles, as stored this moment: an index may be late."""
    stored = user_table.find_many({item.user_id for item in people}, strongly=True)
    counted = [
        item.user_id
        for item in stored
        if (standing := Standing.of(item)).active and standing.can_sign_in and item.role_id in roles
    ]
    return sorted(counted)[:KEPT]


def _powerful(role_id: str) -> bool:
    item = role_table.find(role_id)
    return item is not None and _grants(Role.from_model(item).permissions)


def _grants(permissions: Mapping[Permission, Scope]) -> bool:
    return all(permissions.get(permission) is Scope.ALL for permission in POWERS)
