"""Rank: whether an account may do anything that an actor may not.

`RoleService.check_rank` and `check_grant` ask here for everything that creates, changes, exports or erases an
account, views as it, or ends what signs it in. Nothing else compares rights.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from services.errors import Forbidden
from services.users.identity.actor import Actor
from services.users.identity.permissions import Permission, Scope


class Outranked(Forbidden):
    """The account may do more than the actor, or would afterwards."""

    code = "outranked"

    def __init__(
        self, message: str = "This account allows more than your own. Ask somebody who has the same rights."
    ) -> None:
        super().__init__(message)


class Account(Protocol):
    """What decides the reach of an account; both the stored item and the result of services have it."""

    @property
    def role_id(self) -> str:
        """Return the id of the role."""

    @property
    def team_ids(self) -> Collection[str] | None:
        """Return the ids of the teams."""

    @property
    def organization_id(self) -> str | None:
        """Return the id of the organization."""


class StoredAccount(Account, Protocol):
    """An account that exists."""

    @property
    def user_id(self) -> str:
        """Return the id."""


@dataclass(frozen=True)
class Reach:
    """Permissions with their scopes, and what the scopes TEAM and ORGANIZATION stand for."""

    permissions: Mapping[Permission, Scope]
    team_ids: frozenset[str] = frozenset()
    organization_id: str | None = None

    @classmethod
    def of_actor(cls, actor: Actor) -> "Reach":
        """Return what an actor reaches."""
        return cls(actor.permissions, actor.team_ids, actor.organization_id)

    @classmethod
    def of_account(cls, account: Account, permissions: Mapping[Permission, Scope]) -> "Reach":
        """Return what an account with the permissions of its role reaches."""
        return cls(permissions, frozenset(account.team_ids or ()), account.organization_id)

    @classmethod
    def of_anybody(cls, permissions: Mapping[Permission, Scope]) -> "Reach":
        """Return what a role reaches that people of every team and organization may have."""
        return cls({name: scope if scope <= Scope.OWN else Scope.ALL for name, scope in permissions.items()})

    def covers(self, other: "Reach") -> bool:
        """Tell whether nothing is within the other reach and beyond this one."""
        return all(self._covers(name, scope, other) for name, scope in other.permissions.items())

    def _covers(self, name: Permission, scope: Scope, other: "Reach") -> bool:
        held = self.permissions.get(name, Scope.NONE)
        if held is Scope.ALL or scope is Scope.NONE:
            return True
        if scope is Scope.TEAM:
            return held is Scope.TEAM and other.team_ids <= self.team_ids
        if scope is Scope.ORGANIZATION and other.organization_id is not None:
            return held is Scope.ORGANIZATION and other.organization_id == self.organization_id
        # An account without an organization reaches its own things only.
        return scope is not Scope.ALL and held >= Scope.OWN
