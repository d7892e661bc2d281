"""Checks between the steps of long-running work whether its actor may continue."""

from models import user as user_table
from services.users.authorization.roles import RoleService
from services.users.credentials.sessions import SessionManager
from services.users.identity.actor import Actor
from services.users.identity.user_errors import RoleNotFound

ROLE_CHANGED = "Your role changed while this ran."
SUSPENDED = "You were suspended while this ran."
SIGNED_OUT = "You were signed out while this ran."


class ActorRecheck:
    """Compares an actor with what is stored now, bypassing every cache."""

    def __init__(self, roles: RoleService, sessions: SessionManager) -> None:
        self._roles, self._sessions = roles, sessions

    def why_not(self, *, actor: Actor) -> str | None:
        """Return why the actor must stop, None if they may continue; costs three strong reads.

        Work ends if the role, its permissions or the teams differ from the beginning, even if they grant more.
        """
        user = user_table.find(actor.user_id)
        if user is None or not user.active:
            return SUSPENDED
        if user.role_id != actor.role_id or frozenset(user.team_ids or ()) != actor.team_ids:
            return ROLE_CHANGED
        try:
            permissions = self._roles.read(user.role_id).permissions
        except RoleNotFound:
            return ROLE_CHANGED
        if permissions != actor.permissions:
            return ROLE_CHANGED
        good = self._sessions.is_good(session_id=actor.session_id, valid_after=user.valid_after)
        return None if good else SIGNED_OUT
