"""Who is acting: the one value that every service method asks about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.users.identity.permissions import BUILT_IN, Permission, Scope
from services.users.identity.user_errors import ViewingOnly

STEP_UP_LASTS = timedelta(minutes=10)  # how old the proof for a dangerous act may be


@dataclass(frozen=True)
class Actor:
    """A person or the system itself, with what the role permits at this moment."""

    user_id: str
    name: str
    kind: str  # agent, customer or system: what the ledger records
    role_id: str = ""
    email: str | None = None
    theme: str = "system"
    address: str | None = None  # where the request came from, for the trail of administrative acts
    team_ids: frozenset[str] = frozenset()
    organization_id: str | None = None  # only while its members share their tickets
    permissions: Mapping[Permission, Scope] = field(default_factory=dict)
    session_id: str = ""  # of the browser behind the request
    stepped_up_at: datetime | None = None  # when that browser last showed a password or code
    second_factor_missing: bool = False  # the role demands one, and until it is on nothing else is open
    viewer: "Actor | None" = None  # who looks at the product as this person, and changes nothing

    def has_stepped_up(self, now: datetime) -> bool:
        """Tell whether a password or code was shown lately enough for a dangerous act."""
        return self.stepped_up_at is not None and now - self.stepped_up_at < STEP_UP_LASTS

    def check_acts(self) -> None:
        """Raise ViewingOnly when this is somebody who looks at the product as another person."""
        if self.viewer is not None:
            raise ViewingOnly(self.name)

    def scope(self, permission: Permission) -> Scope:
        """Tell how far a permission reaches for this actor."""
        return self.permissions.get(permission, Scope.NONE)

    def may(self, permission: Permission) -> bool:
        """Tell whether the actor has a permission at all, whatever its scope."""
        return self.scope(permission) > Scope.NONE

    @property
    def on_desk(self) -> bool:
        """Tell whether the actor works on other people's tickets."""
        return self.scope(Permission.TICKET_VIEW) >= Scope.TEAM


SYSTEM = Actor(user_id="system", name="Ledgerdesk", kind="system", permissions=BUILT_IN["administrator"][1])
