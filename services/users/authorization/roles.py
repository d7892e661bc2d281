"""Roles: what they permit, who has them, and the one place that decides."""

import re
from dataclasses import asdict
from datetime import datetime
from typing import Any

from models import role as role_table
from models.errors import VersionMoved
from models.role import Role as RoleItem
from models.transaction import retry_locked
from services.caching import ShortCache
from services.errors import Invalid
from services.text import one_line
from services.users.audit.audit_writer import AuditWriter
from services.users.authorization.last_administrator import LastAdministratorLock
from services.users.identity.actor import Actor
from services.users.identity.permissions import BUILT_IN, Permission, Scope
from services.users.identity.sign_in_policy import OPEN, SignInPolicy
from services.users.identity.user import Role
from services.users.identity.user_errors import PermissionDenied, RoleNotFound, StaleRecord

ROLE_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")


class RoleService:
    """Decides every question of permission and keeps the custom roles."""

    def __init__(
        self, cache: ShortCache[str, Role], audit_writer: AuditWriter, administrators: LastAdministratorLock
    ) -> None:
        self._cache, self._audit_writer, self._administrators = cache, audit_writer, administrators

    def ensure_built_in(self) -> None:
        """Write the four built-in roles where they are missing or out of date; cheap when all is well."""
        stored = {item.role_id: item for item in role_table.everything()}
        for role_id, (name, permissions) in BUILT_IN.items():
            wanted = {str(key): scope.name.lower() for key, scope in permissions.items()}
            if role_id not in stored:
                RoleItem(role_id=role_id, name=name, builtin=True, permissions=wanted).save()
            elif stored[role_id].permissions != wanted:
                role_table.update_built_in(role_id, name, wanted)  # what it demands of sign-ins stays as it is

    def get(self, role_id: str) -> Role:
        """Return a role, at most a few seconds old; raises RoleNotFound."""
        kept = self._cache.get(role_id)
        if kept is not None:
            return kept
        return self._cache.put(role_id, self.read(role_id))

    def read(self, role_id: str) -> Role:
        """Return a role as it is stored now, for editing; raises RoleNotFound."""
        item = role_table.find(role_id)
        if item is None:
            raise RoleNotFound
        return Role.from_model(item)

    def ids(self) -> list[str]:
        """List the ids of all roles."""
        return [role.role_id for role in self.all()]

    def all(self) -> list[Role]:
        """List all roles, the built-in ones first, then by name."""
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
        """Create (`expected_version` 0) or change a custom role; nobody grants what they do not have themselves.

        Without `security` its demands stay as they are.
        Raises Invalid for a built-in role or a bad name, StaleRecord when somebody changed it meanwhile.
        """
        self.check_permission(actor=actor, permission=Permission.ROLE_EDIT)
        name = _clean_name(role_id, name)
        if not all(actor.scope(permission).covers(scope) for permission, scope in permissions.items()):
            raise Invalid("You cannot grant more than your own role allows.")
        stored = role_table.find(role_id) if expected_version else None
        _check_reach(actor, stored)
        kept = Role.from_model(stored).security if stored else OPEN
        item = RoleItem(
            role_id=role_id,
            version=expected_version + 1,
            name=name,
            permissions={str(key): scope.name.lower() for key, scope in permissions.items() if scope},
            **_demands(security or kept),
        )
        return self._write(actor, stored, item, expected_version, now)

    def secure(
        self, *, actor: Actor, role_id: str, security: SignInPolicy, expected_version: int, now: datetime
    ) -> Role:
        """Change what a role, a built-in one too, demands of its people's sign-ins.

        Raises Invalid for a role that allows more than the actor's own, StaleRecord, RoleNotFound.
        """
        self.check_permission(actor=actor, permission=Permission.ROLE_EDIT)
        stored = role_table.find(role_id)
        if stored is None:
            raise RoleNotFound
        _check_reach(actor, stored)
        item = RoleItem(
            role_id=role_id,
            version=expected_version + 1,
            name=stored.name,
            builtin=stored.builtin,
            permissions=stored.permissions,
            **_demands(security),
        )
        return self._write(actor, stored, item, expected_version, now)

    def _write(
        self, actor: Actor, stored: RoleItem | None, item: RoleItem, expected_version: int, now: datetime
    ) -> Role:
        act = self._audit_writer.entry(
            actor=actor,
            now=now,
            action="role.changed" if expected_version else "role.created",
            subject=f"role:{item.role_id}",
            before=_facts(stored),
            after=_facts(item),
        )
        permissions = Role.from_model(item).permissions

        def write() -> None:
            guard = self._administrators.when_role_changes(role_id=item.role_id, permissions=permissions)
            role_table.put(item, expected_version=expected_version, also=[act, *guard])

        try:
            retry_locked(write)
        except VersionMoved as moved:
            if not expected_version:
                raise Invalid("This name is taken.", {"name": "This name is taken."}) from moved
            raise StaleRecord from moved
        self._cache.drop(item.role_id)
        return Role.from_model(item)

    def exceeds(self, actor: Actor, role_id: str) -> bool:
        """Tell whether a role allows anything that the actor may not; raises RoleNotFound."""
        permissions = self.get(role_id).permissions
        return not all(actor.scope(permission).covers(scope) for permission, scope in permissions.items())

    def allows(
        self,
        *,
        actor: Actor,
        permission: Permission,
        owner_id: str | None = None,
        team_id: str | None = None,
        organization_id: str | None = None,
    ) -> bool:
        """Decide whether the actor may do this to a thing of `owner_id`, `team_id` and `organization_id`."""
        scope = actor.scope(permission)
        if scope is Scope.ALL:
            return True
        if scope is Scope.TEAM and team_id is not None and team_id in actor.team_ids:
            return True
        # An actor has an organization only while its members share: see OrganizationService.shared_by.
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
        """Raise PermissionDenied unless `allows`, or with `any_scope` unless the role has it at all."""
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


def _check_reach(actor: Actor, stored: RoleItem | None) -> None:
    """Raise Invalid for a role that allows more than the actor's own."""
    granted = Role.from_model(stored).permissions if stored else {}
    if not all(actor.scope(permission).covers(scope) for permission, scope in granted.items()):
        raise Invalid("You cannot change a role that allows more than your own.")


def _clean_name(role_id: str, name: str) -> str:
    """Return a custom role's name as it is kept; raises Invalid."""
    name = one_line(name[:1000])
    if role_id in BUILT_IN:
        raise Invalid("Built-in roles stay as they are. Make a role of your own instead.")
    if not 1 <= len(name) <= 60:
        raise Invalid("A role needs a name of 1 to 60 characters.", {"name": "1 to 60 characters."})
    if not ROLE_ID.fullmatch(role_id):
        raise Invalid("A name needs a letter or a digit.", {"name": "A letter or a digit is missing."})
    return name


def _facts(item: RoleItem | None) -> dict[str, object]:
    """List what the trail compares of a role."""
    if item is None:
        return asdict(OPEN)
    return {"name": item.name, **item.permissions, **asdict(Role.from_model(item).security)}


def _demands(security: SignInPolicy) -> dict[str, Any]:
    """Return what is stored of a role's demands; raises Invalid."""
    security.check()
    return asdict(security)
