"""Builds the actor from a session, a user and a role."""

from dataclasses import replace

from services.users.authorization.rank import Reach
from services.users.credentials.sessions import Session
from services.users.identity.actor import Actor
from services.users.identity.permissions import READING, Permission, Scope
from services.users.identity.user import Role, User


def as_actor(session: Session, user: User, role: Role, address: str | None) -> Actor:
    """Return the actor for a user in their own session.

    If the role requires a second factor that is not set up yet, the actor has no permissions at all.
    """
    missing = role.security.second_factor and not user.second_factor
    return Actor(
        user_id=user.user_id,
        name=user.name,
        kind="agent" if works_on_desk(role) else "customer",
        role_id=user.role_id,
        email=user.email,
        theme=user.theme,
        after_sending=user.after_sending,
        address=address,
        team_ids=frozenset(user.team_ids),
        permissions={} if missing else role.permissions,
        session_id=session.id,
        stepped_up_at=session.stepped_up_at,
        second_factor_missing=missing,
    )


def as_viewed(viewer: Actor, user: User, role: Role) -> Actor:
    """Return the actor who views the product as another user: only with what that user may read."""
    allowed = {key: scope for key, scope in role.permissions.items() if key in READING}
    return replace(
        viewer,
        user_id=user.user_id,
        name=user.name,
        kind="agent" if works_on_desk(role) else "customer",
        role_id=user.role_id,
        email=user.email,
        team_ids=frozenset(user.team_ids),
        permissions=allowed,
        viewer=viewer,
    )


def may_view_as(viewer: Actor, user: User, role: Role) -> bool:
    """Decide whether an actor may view as a user: only if the account allows no more than the actor's.

    An actor who does not see all tickets would see those of other teams by viewing as their members.
    """
    return (
        viewer.scope(Permission.USER_VIEW_AS) is Scope.ALL
        and (
            viewer.scope(Permission.TICKET_VIEW) is Scope.ALL
            or Permission.TICKET_VIEW not in role.permissions
        )
        and viewer.user_id != user.user_id
        and Reach.of_actor(viewer).covers(Reach.of_account(user, role.permissions))
    )


def works_on_desk(role: Role) -> bool:
    """Tell whether users of a role work on other people's tickets."""
    return role.permissions.get(Permission.TICKET_VIEW, Scope.NONE) >= Scope.TEAM
