"""Protects the last administrator, who can be neither demoted, suspended nor erased.

An administrator is whoever has all rights of the built-in role of that name, whatever their own role is called:
somebody with less could not give back what the last administrator had.

Every change that adds or removes an administrator writes one lock item in its transaction, on condition
that nobody has written it since it was read (an optimistic lock). So two concurrent changes cannot each
rely on the administrator that the other removes. The ids in the item are only a hint where to look first:
those users are always read strongly, after the lock.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from models import optimistic_locks as lock_table
from models import role as role_table
from models import user as user_table
from models.optimistic_locks import Lock
from models.role import Role as RoleItem
from models.transaction import OptimisticLock
from models.user import User as UserItem
from services.errors import Invalid
from services.users.authorization.rank import Reach
from services.users.identity.permissions import BUILT_IN, Permission, Scope
from services.users.identity.user import Role

LOCK_ID = "administrators"
BUILT_IN_ROLE = "administrator"
MAX_ACCOUNTS = 1000  # users read per role; one of them who can sign in is enough
MAX_REMEMBERED = 50


class LastAdministrator(Invalid):
    """Nobody would be left who has all rights."""

    def __init__(self) -> None:
        super().__init__(
            "Nobody else has all rights of an administrator. Make somebody else an administrator first."
        )


@dataclass(frozen=True)
class AccountStatus:
    """What decides whether a user counts as administrator: the role, and whether they may and can sign in."""

    role_id: str
    active: bool
    can_sign_in: bool

    @classmethod
    def of(cls, item: UserItem) -> "AccountStatus":
        """Build the status of a stored user."""
        has_key = bool(item.password_hash or item.identities)
        return cls(item.role_id, bool(item.active), bool(item.email) and has_key and item.erased_at is None)


class LastAdministratorLock:
    """Returns the locks that a change of users or roles must write along; mostly none."""

    def locks_for_user_change(
        self, *, user_id: str, before: AccountStatus | None, after: AccountStatus | None
    ) -> list[OptimisticLock]:
        """Return the lock for changing one user, if one is needed; raises LastAdministrator.

        `before` is None for a new user, `after` is None for one who is erased.
        """
        if before and after and (before.role_id, before.active) == (after.role_id, after.active):
            return []
        lock = lock_table.read(LOCK_ID)
        counted_before = before is not None and before.active and _makes_administrator(before.role_id)
        counted_after = (
            after is not None and after.active and after.can_sign_in and _makes_administrator(after.role_id)
        )
        if not counted_before and not counted_after:
            return []
        administrators = self._others(lock, but=user_id)
        if counted_after:
            administrators = [*administrators, user_id]
        elif before and before.can_sign_in and not administrators:
            raise LastAdministrator
        return [lock.next(administrators)]

    def locks_for_erasure(self, item: UserItem) -> list[OptimisticLock]:
        """Return the lock for erasing a user, if one is needed; raises LastAdministrator.

        It belongs in the transaction that disables the account: see user.update_if and retry_locked.
        """
        return self.locks_for_user_change(user_id=item.user_id, before=AccountStatus.of(item), after=None)

    def locks_for_role_change(
        self, *, role_id: str, permissions: Mapping[Permission, Scope]
    ) -> list[OptimisticLock]:
        """Return the lock for a role's new permissions, if one is needed; raises LastAdministrator."""
        lock = lock_table.read(LOCK_ID)
        if role_id == BUILT_IN_ROLE or has_all_rights(permissions) or not _makes_administrator(role_id):
            return []
        administrators = self._others(lock, without=role_id)
        if not administrators and _current_administrators(
            user_table.accounts_of_role(role_id, MAX_ACCOUNTS), {role_id}
        ):
            raise LastAdministrator
        return [lock.next(administrators)]

    def _others(self, lock: Lock, *, but: str = "", without: str = "") -> list[str]:
        """List the ids of administrators, except the user `but` and those with the role `without`."""
        roles = {item.role_id for item in role_table.everything() if _is_administrator_role(item)}
        roles.discard(without)
        known = _current_administrators((UserItem(user_id=id_) for id_ in lock.people if id_ != but), roles)
        if known:
            return known
        indexed = (item for role in sorted(roles) for item in user_table.accounts_of_role(role, MAX_ACCOUNTS))
        return _current_administrators((item for item in indexed if item.user_id != but), roles)


def _current_administrators(candidates: Iterable[UserItem], roles: Collection[str]) -> list[str]:
    """Return the ids of candidates who can sign in and have one of the roles, as stored now: indexes lag."""
    stored = user_table.find_many({item.user_id for item in candidates}, strongly=True)
    administrators = [
        item.user_id
        for item in stored
        if (status := AccountStatus.of(item)).active and status.can_sign_in and item.role_id in roles
    ]
    return sorted(administrators)[:MAX_REMEMBERED]


def _makes_administrator(role_id: str) -> bool:
    item = role_table.find(role_id)
    return item is not None and _is_administrator_role(item)


def _is_administrator_role(item: RoleItem) -> bool:
    """Tell whether a role has all rights; until `ledgerdesk setup` ran, the built-in one may lack a new permission."""
    return item.role_id == BUILT_IN_ROLE or has_all_rights(Role.from_model(item).permissions)


def has_all_rights(permissions: Mapping[Permission, Scope]) -> bool:
    """Tell whether permissions include everything that the built-in administrators may do."""
    return Reach(permissions).covers(Reach(BUILT_IN[BUILT_IN_ROLE][1]))
