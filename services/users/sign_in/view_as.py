"""View as: an administrator sees the product as another user does, without changing anything."""

from dataclasses import dataclass
from datetime import datetime

from models import session as session_table
from models.audit import AuditEntry
from services.errors import Invalid
from services.users.accounts.user_service import UserService
from services.users.audit.audit_writer import AuditWriter
from services.users.authorization.rank import Outranked
from services.users.authorization.roles import RoleService
from services.users.identity.actor import Actor
from services.users.identity.permissions import Permission
from services.users.identity.user_errors import SignInExpired
from services.users.sign_in.current_actor import may_view_as


@dataclass(frozen=True)
class ViewAsService:
    """Starts and stops viewing as another user; the session stores as whom."""

    users: UserService
    roles: RoleService
    audit_writer: AuditWriter

    def start(self, *, actor: Actor, user_id: str, now: datetime) -> None:
        """Let this session see what another user sees.

        Raises PermissionDenied, Outranked, UserNotFound, Invalid.
        """
        actor.check_not_viewing()
        self.roles.check_permission(actor=actor, permission=Permission.USER_VIEW_AS)
        user = self.users.get(user_id, fresh=True)
        if user_id == actor.user_id:
            raise Invalid("You already see the product as yourself.")
        if not may_view_as(actor, user, self.roles.read(user.role_id)):
            raise Outranked("You cannot view as a user whose account allows more than your own.")
        audit_entry = self._audit_entry(actor, "user.view_as_started", user_id, now)
        if not session_table.update(actor.session_id, also=[audit_entry], viewing=user_id):
            raise SignInExpired

    def stop(self, *, actor: Actor, now: datetime) -> None:
        """Stop viewing as another user; does nothing if the actor is not."""
        if actor.viewer is None:
            return
        audit_entry = self._audit_entry(actor.viewer, "user.view_as_stopped", actor.user_id, now)
        session_table.update(actor.session_id, also=[audit_entry], viewing=None)

    def _audit_entry(self, viewer: Actor, action: str, user_id: str, now: datetime) -> AuditEntry:
        return self.audit_writer.entry(actor=viewer, now=now, action=action, subject=f"user:{user_id}")
