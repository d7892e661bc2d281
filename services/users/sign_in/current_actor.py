"""From a session, a person and a role to who is acting."""

from dataclasses import replace

from services.users.credentials.sessions import Session
from services.users.identity.actor import Actor
from services.users.identity.permissions import READING, Permission, Scope
from services.users.identity.user import Role, User


def as_actor(session: Session, user: User, role: Role, address: str | None) -> Actor:
    """Describe a person behind their own session.

    Whose role demands a second factor that is not set up yet may do nothing, through whatever door.
    """
    missing = role.security.second_factor and not user.second_factor
    return Actor(
        user_id=user.user_id,
        name=user.name,
        kind="agent" if works_on_desk(role) else "customer",
        role_id=user.role_id,
        email=user.email,
        theme=user.theme,
        address=address,
        team_ids=frozenset(user.team_ids),
        permissions={} if missing else role.permissions,
        session_id=session.id,
        stepped_up_at=session.stepped_up_at,
        second_factor_missing=missing,
    )


def seen_through(viewer: Actor, user: User, role: Role) -> Actor:
    """Describe somebody who looks at the product as another person: what that person may read, no more."""
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
    """Decide whether somebody may look through another's eyes: never somebody who may do or see more.

    Whoever sees less than all tickets would see those of other teams through the eyes of their people.
    """
    return (
        viewer.scope(Permission.USER_VIEW_AS) is Scope.ALL
        and (
            viewer.scope(Permission.TICKET_VIEW) is Scope.ALL
            or Permission.TICKET_VIEW not in role.permissions
        )
        and viewer.user_id != user.user_id
        and all(viewer.scope(key).covers(scope) for key, scope in role.permissions.items())
    )


def works_on_desk(role: Role) -> bool:
    """Tell whether a role's people work on other people's tickets."""
    return role.permissions.get(Permission.TICKET_VIEW, Scope.NONE) >= Scope.TEAM
