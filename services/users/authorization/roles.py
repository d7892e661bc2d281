"""Roles: what they permit, and the one place that decides permissions."""

import re
from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from models import role as role_table
from models.role import Role as RoleItem
from models.store_errors import VersionMoved
from models.transaction import retry_locked
from services.caching import ShortCache
from services.errors import Invalid
from services.text import one_line
from services.users.audit.audit_writer import AuditWriter
from services.users.authorization.last_administrator import LastAdministratorLock
from services.users.authorization.rank import Account, Outranked, Reach, StoredAccount
from services.users.identity.actor import Actor
from services.users.identity.permissions import BUILT_IN, Permission, Scope
from services.users.identity.sign_in_policy import OPEN, SignInPolicy
from services.users.identity.user import Role
from services.users.identity.user_errors import PermissionDenied, RoleNotFound, StaleRecord

ROLE_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")


class RoleService:
    """Decides every permission and manages the custom roles."""

    def __init__(
        self,
        cache: ShortCache[str, Role],
        lists: ShortCache[str, list[Role]],
        audit_writer: AuditWriter,
        administrators: LastAdministratorLock,
    ) -> None:
        self._cache, self._lists = cache, lists
        self._audit_writer, self._administrators = audit_writer, administrators

    def ensure_built_in(self) -> None:
        """Write the four built-in roles if they are missing or out of date; cheap if they are not."""
        stored = {item.role_id: item for item in role_table.everything()}
        for role_id, (name, permissions) in BUILT_IN.items():
            built_in_permissions = {str(key): scope.name.lower() for key, scope in permissions.items()}
            if role_id not in stored:
                RoleItem(role_id=role_id, name=name, builtin=True, permissions=built_in_permissions).save()
            elif stored[role_id].permissions != built_in_permissions:
                role_table.update_built_in(
                    role_id, name, built_in_permissions
                )  # what it demands of sign-ins stays as it is
        self._lists.drop("all")

    def get(self, role_id: str) -> Role:
        """Return a role, at most a few seconds old; raises RoleNotFound."""
        cached = self._cache.get(role_id)
        if cached is not None:
            return cached
        return self._cache.put(role_id, self.read(role_id))

    def read(self, role_id: str) -> Role:
        """Return a role as it is stored now, for editing; raises RoleNotFound."""
        item = role_table.find(role_id)
        if item is None:
            raise RoleNotFound
        return Role.from_model(item)

    def ids(self) -> list[str]:
        """List the ids of all roles, at most a few seconds old."""
        return [role.role_id for role in self.all()]

    def all(self) -> list[Role]:
        """List all roles, the built-in ones first, then by name, at most a few seconds old."""
        cached = self._lists.get("all")
        return cached if cached is not None else self._lists.put("all", self.stored())

    def stored(self) -> list[Role]:
        """List all roles as they are stored now, for whoever keeps them."""
        roles = [Role.from_model(item) for item in role_table.everything()]
        order = list(BUILT_IN)
        return sorted(
            roles, key=lambda r: (order.index(r.role_id) if r.role_id in order else len(order), r.name)
        )

    def save(
        self,
        *,
        actor: Actor,
        role_id: str,
        name: str,
        permissions: dict[Permission, Scope],
        expected_version: int,
        now: datetime,
        security: SignInPolicy | None = None,
    ) -> Role:
        """Create (`expected_version` 0) or change a custom role; nobody can grant more than they have.

        People of any team may have a role that exists, so only actors who reach all teams change one that
        reaches teams. Without `security` the sign-in policy stays as it is. Raises Invalid for a built-in role
        or a bad name, Outranked, StaleRecord if somebody else has changed the role.
        """
        self.check_permission(actor=actor, permission=Permission.ROLE_EDIT)
        name = _clean_name(role_id, name)
        stored = role_table.find(role_id) if expected_version else None
        own = Reach.of_actor(actor)
        granted = Reach.of_anybody(permissions) if stored else replace(own, permissions=permissions)
        if not own.covers(granted):
            raise Outranked("You cannot grant more than your own role allows.")
        _check_not_above_own(actor, stored)
        security_before = Role.from_model(stored).security if stored else OPEN
        item = RoleItem(
            role_id=role_id,
            version=expected_version + 1,
            name=name,
            permissions={str(key): scope.name.lower() for key, scope in permissions.items() if scope},
            **_policy_fields(security or security_before),
        )
        return self._write(actor, stored, item, expected_version, now)

    def secure(
        self, *, actor: Actor, role_id: str, security: SignInPolicy, expected_version: int, now: datetime
    ) -> Role:
        """Change the sign-in policy of any role, including a built-in one.

        Raises Outranked if the role allows more than the actor's own, StaleRecord, RoleNotFound.
        """
        self.check_permission(actor=actor, permission=Permission.ROLE_EDIT)
        stored = role_table.find(role_id)
        if stored is None:
            raise RoleNotFound
        _check_not_above_own(actor, stored)
        item = RoleItem(
            role_id=role_id,
            version=expected_version + 1,
            name=stored.name,
            builtin=stored.builtin,
            permissions=stored.permissions,
            **_policy_fields(security),
        )
        return self._write(actor, stored, item, expected_version, now)

    def _write(
        self, actor: Actor, stored: RoleItem | None, item: RoleItem, expected_version: int, now: datetime
    ) -> Role:
        audit_entry = self._audit_writer.entry(
            actor=actor,
            now=now,
            action="role.changed" if expected_version else "role.created",
            subject=f"role:{item.role_id}",
            before=_audited_fields(stored),
            after=_audited_fields(item),
        )
        permissions = Role.from_model(item).permissions

        def write() -> None:
            lock = self._administrators.locks_for_role_change(role_id=item.role_id, permissions=permissions)
            role_table.put(item, expected_version=expected_version, also=[audit_entry, *lock])

        try:
            retry_locked(write)
        except VersionMoved as moved:
            if not expected_version:
                raise Invalid(
                    "This name is already taken.", {"name": "This name is already taken."}
                ) from moved
            raise StaleRecord from moved
        self._cache.drop(item.role_id)
        self._lists.drop("all")
        return Role.from_model(item)

    def outranks(self, *, actor: Actor, account: Account, fresh: bool = False) -> bool:
        """Tell whether an account may do anything that the actor may not; raises RoleNotFound.

        Its role is at most a few seconds old, or as it is stored now if `fresh`.
        """
        role = self.read(account.role_id) if fresh else self.get(account.role_id)
        return not Reach.of_actor(actor).covers(Reach.of_account(account, role.permissions))

    def check_rank(self, *, actor: Actor, account: StoredAccount, fresh: bool = True) -> None:
        """Raise Outranked if somebody else's account may do more than the actor, who then may do nothing to it.

        `fresh` off is for what is only announced and checked again when it is done.
        """
        if account.user_id != actor.user_id and self.outranks(actor=actor, account=account, fresh=fresh):
            raise Outranked

    def check_grant(
        self, *, actor: Actor, account: Account, team_ids: Collection[str] = (), fresh: bool = True
    ) -> None:
        """Raise Outranked if an account, as it would be stored, allows more than the actor's own.

        `team_ids` are the teams it has now. Actors who do not see the tickets of all teams add people to their
        own teams only. `fresh` is as in check_rank. Raises RoleNotFound.
        """
        added = set(account.team_ids or ()) - set(team_ids)
        if added - actor.team_ids and actor.scope(Permission.TICKET_VIEW) is not Scope.ALL:
            raise Outranked("You can add people only to teams of your own.")
        if self.outranks(actor=actor, account=account, fresh=fresh):
            raise Outranked("You cannot give an account a role or teams that allow more than your own.")

    def allows(
        self,
        *,
        actor: Actor,
        permission: Permission,
        owner_id: str | None = None,
        team_id: str | None = None,
        organization_id: str | None = None,
    ) -> bool:
        """Decide whether the actor may do this to an object of `owner_id`, `team_id` and `organization_id`."""
        scope = actor.scope(permission)
        if scope is Scope.ALL:
            return True
        if scope is Scope.TEAM and team_id is not None and team_id in actor.team_ids:
            return True
        # An actor has an organization only while its members share tickets: see OrganizationService.shared_by.
        theirs = organization_id is not None and organization_id == actor.organization_id
        if scope is Scope.ORGANIZATION and theirs:
            return True
        return scope >= Scope.OWN and owner_id is not None and owner_id == actor.user_id

    def check_permission(
        self,
        *,
        actor: Actor,
        permission: Permission,
        owner_id: str | None = None,
        team_id: str | None = None,
        organization_id: str | None = None,
        any_scope: bool = False,
    ) -> None:
        """Raise PermissionDenied unless `allows`; with `any_scope`, having the permission at all is enough."""
        if any_scope and actor.may(permission):
            return
        if not self.allows(
            actor=actor,
            permission=permission,
            owner_id=owner_id,
            team_id=team_id,
            organization_id=organization_id,
        ):
            raise PermissionDenied(permission)


def _check_not_above_own(actor: Actor, stored: RoleItem | None) -> None:
    """Raise Outranked if the role, or somebody who has it, may do more than the actor."""
    granted = Role.from_model(stored).permissions if stored else {}
    if not Reach.of_actor(actor).covers(Reach.of_anybody(granted)):
        raise Outranked("You cannot change a role that allows more than your own.")


def _clean_name(role_id: str, name: str) -> str:
    """Return a custom role's name as it is stored; raises Invalid."""
    name = one_line(name[:1000])
    if role_id in BUILT_IN:
        raise Invalid("Built-in roles cannot be changed. Create a role of your own instead.")
    if not 1 <= len(name) <= 60:
        raise Invalid("A role needs a name of 1 to 60 characters.", {"name": "1 to 60 characters."})
    if not ROLE_ID.fullmatch(role_id):
        raise Invalid("A name needs a letter or a digit.", {"name": "Use at least one letter or digit."})
    return name


def _audited_fields(item: RoleItem | None) -> dict[str, object]:
    """Return the fields of a role that audit events compare."""
    if item is None:
        return asdict(OPEN)
    return {"name": item.name, **item.permissions, **asdict(Role.from_model(item).security)}


def _policy_fields(security: SignInPolicy) -> dict[str, Any]:
    """Return a sign-in policy as it is stored; raises Invalid."""
    security.check()
    return asdict(security)
