"""Whether somebody may still do what they began: asked by work of many steps before each of them."""

from models import user as user_table
from services.users.authorization.roles import RoleService
from services.users.credentials.sessions import SessionManager
from services.users.identity.actor import Actor
from services.users.identity.user_errors import RoleNotFound

ROLE_CHANGED = "Your role changed while this ran."
SUSPENDED = "You were suspended while this ran."
SIGNED_OUT = "You were signed out while this ran."


class Rechecks:
    """Compares an actor with what is stored this moment, past every cache."""

    def __init__(self, roles: RoleService, sessions: SessionManager) -> None:
        self._roles, self._sessions = roles, sessions

    def why_not(self, *, actor: Actor) -> str | None:
        """Say why the actor must not go on, None to go on; three strong reads.

        Any other role, permissions or teams than at the beginning end the work, wider ones too.
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
