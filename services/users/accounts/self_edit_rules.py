"""What administrators cannot change about their own account in user administration."""

from collections.abc import Collection
from dataclasses import dataclass

from models.user import User as UserItem
from services.errors import Invalid
from services.users.identity.actor import Actor
from services.users.identity.names import normalize_email
from services.users.identity.permissions import Permission, Scope


@dataclass(frozen=True)
class AccountChange:
    """A requested change of an account; `organization_id` None leaves it as it is, "" removes it."""

    email: str
    role_id: str
    active: bool
    team_ids: Collection[str]
    organization_id: str | None


def check_own(actor: Actor, item: UserItem, change: AccountChange) -> None:
    """Raise Invalid if actors would lock themselves out or extend their own reach.

    Teams and organizations decide which tickets a role without scope ALL reaches.
    """
    if item.user_id != actor.user_id:
        return
    if not change.active or change.role_id != item.role_id:
        raise Invalid("You cannot suspend yourself or change your own role.")
    if change.email.strip() != (item.email or "") and normalize_email(change.email) != item.email:
        message = "Change your own email address on your account page, where a link confirms it."
        raise Invalid(message, {"email": message})
    other_teams = set(change.team_ids) != set(item.team_ids or ())
    reach_changes = other_teams or change.organization_id not in (None, item.organization_id or "")
    if reach_changes and actor.scope(Permission.TICKET_VIEW) is not Scope.ALL:
        raise Invalid("You cannot change your own teams or organization: they decide which tickets you see.")
