"""The actor: who calls a service method, with their permissions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from services.users.identity.permissions import BUILT_IN, Permission, Scope
from services.users.identity.user_errors import ViewingOnly

STEP_UP_LASTS = timedelta(minutes=10)  # after which a sensitive operation needs the password or code again


class AfterSending(StrEnum):
    """Where an agent goes on after sending a message."""

    STAY = "stay"
    NEXT = "next"  # ticket of the list that they came from
    LIST = "list"


@dataclass(frozen=True)
class Actor:
    """A user or the system itself, with what the role permits now."""

    user_id: str
    name: str
    kind: str  # agent, customer or system: what the ledger records
    role_id: str = ""
    email: str | None = None
    theme: str = "system"
    after_sending: AfterSending = AfterSending.STAY
    address: str | None = None  # where the request came from, for the audit log
    team_ids: frozenset[str] = frozenset()
    organization_id: str | None = None  # only while its members share their tickets
    permissions: Mapping[Permission, Scope] = field(default_factory=dict)
    session_id: str = ""  # of the browser behind the request
    stepped_up_at: datetime | None = None  # when a password or code was last verified in that browser
    second_factor_missing: bool = False  # the role requires one, and nothing else works until it is on
    viewer: "Actor | None" = None  # who views the product as this user, and cannot change anything

    def has_stepped_up(self, now: datetime) -> bool:
        """Tell whether a password or code was verified recently enough for a sensitive operation."""
        return self.stepped_up_at is not None and now - self.stepped_up_at < STEP_UP_LASTS

    def check_not_viewing(self) -> None:
        """Raise ViewingOnly if somebody else views the product as this user."""
        if self.viewer is not None:
            raise ViewingOnly(self.name)

    def scope(self, permission: Permission) -> Scope:
        """Return the scope of a permission for this actor."""
        return self.permissions.get(permission, Scope.NONE)

    def may(self, permission: Permission) -> bool:
        """Tell whether the actor has a permission at all, whatever its scope."""
        return self.scope(permission) > Scope.NONE

    def teams_within(self, permission: Permission) -> frozenset[str] | None:
        """Return the teams that a permission is limited to; None if it reaches all, no team if it reaches fewer."""
        scope = self.scope(permission)
        if scope is Scope.ALL:
            return None
        return self.team_ids if scope is Scope.TEAM else frozenset()

    @property
    def on_desk(self) -> bool:
        """Tell whether the actor works on other people's tickets."""
        return self.scope(Permission.TICKET_VIEW) >= Scope.TEAM


SYSTEM = Actor(user_id="system", name="Ledgerdesk", kind="system", permissions=BUILT_IN["administrator"][1])
