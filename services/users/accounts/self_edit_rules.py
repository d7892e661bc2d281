"""What nobody changes of their own account where they run everybody's."""

from collections.abc import Collection
from dataclasses import dataclass

from models.user import User as UserItem
from services.errors import Invalid
from services.users.identity.actor import Actor
from services.users.identity.permissions import Permission, Scope


@dataclass(frozen=True)
class Wish:
    """What somebody would make of an account; `organization_id` None leaves it as it is, "" is none."""

    email: str
    role_id: str
    active: bool
    team_ids: Collection[str]
    organization_id: str | None


def check_own(actor: Actor, item: UserItem, wish: Wish) -> None:
    """Raise Invalid when somebody would lock themselves out, or reach further than before.

    Teams and organizations decide what a role reaches that does not reach everything.
    """
    if item.user_id != actor.user_id:
        return
    if not wish.active or wish.role_id != item.role_id:
        raise Invalid("You cannot suspend yourself or change your own role.")
    if wish.email.strip().casefold() != (item.email or ""):
        message = "Change your own e-mail on your account page, where a link confirms it."
        raise Invalid(message, {"email": message})
    other_teams = set(wish.team_ids) != set(item.team_ids or ())
    moved = other_teams or wish.organization_id not in (None, item.organization_id or "")
    if moved and actor.scope(Permission.TICKET_VIEW) is not Scope.ALL:
        raise Invalid("You cannot change your own teams or organization: they decide which tickets you see.")
