"""The sessions of a user: users list and end their own, administrators anybody's."""

from dataclasses import dataclass
from datetime import datetime

from models import user as user_table
from models.store_errors import VersionMoved
from models.transaction import Also
from models.user import User as UserItem
from services.errors import NotFound
from services.users.audit.audit_writer import AuditWriter
from services.users.authorization.roles import RoleService
from services.users.credentials.security_notice import Notice, SecurityNotice
from services.users.credentials.sessions import Session, SessionManager
from services.users.identity.actor import Actor
from services.users.identity.permissions import Permission
from services.users.identity.user_errors import SignInExpired, StaleRecord, UserNotFound


class SessionGone(NotFound):
    """The user has no such session."""

    def __init__(self) -> None:
        super().__init__("This session has already ended.")


@dataclass(frozen=True)
class DeviceService:
    """Lists and ends the sessions of a user."""

    roles: RoleService
    sessions: SessionManager
    audit_writer: AuditWriter
    security_notice: SecurityNotice

    def list_for_user(self, *, actor: Actor, user_id: str, now: datetime) -> list[Session]:
        """List a user's valid sessions, last used first; raises UserNotFound, PermissionDenied."""
        self._check(actor, user_id)
        item = user_table.find(user_id)
        if item is None:
            raise UserNotFound
        security = self.roles.get(item.role_id).security
        sessions = self.sessions.of_user(user_id=user_id, now=now, security=security)
        return [session for session in sessions if session.is_good_after(item.valid_after)]

    def end(self, *, actor: Actor, user_id: str, session_id: str, now: datetime) -> None:
        """End one session of a user; raises SessionGone if it is not theirs, PermissionDenied, Outranked."""
        actor.check_not_viewing()
        self._check(actor, user_id)
        item = user_table.find(user_id)
        if item is not None:
            self.roles.check_rank(actor=actor, account=item)
        along = self._along(actor, item, "session.ended", now)
        if not self.sessions.revoke_one(user_id=user_id, session_id=session_id, also=along):
            raise SessionGone

    def end_all(self, *, actor: Actor, user_id: str, now: datetime) -> None:
        """End all sessions of a user; users who end their own stay signed in where they are.

        API tokens keep working. The time is stored with the user, so that a session the index does not show yet
        ends too. Raises UserNotFound, PermissionDenied, Outranked, SignInExpired and StaleRecord.
        """
        actor.check_not_viewing()
        self._check(actor, user_id)
        item = user_table.find(user_id)
        if item is None:
            raise UserNotFound
        self.roles.check_rank(actor=actor, account=item)
        own = actor.session_id if user_id == actor.user_id else None
        if own and not self.sessions.is_good(session_id=own, valid_after=item.valid_after):
            raise SignInExpired
        along = self._along(actor, item, "session.all_ended", now)
        try:
            # Somebody else may end the sessions at the same time: this session must not survive that.
            user_table.update_if(item, ["valid_after"], also=along, valid_after=now)
        except VersionMoved as moved:
            raise StaleRecord from moved
        if own:
            self.sessions.renew(session_id=own, now=now)
        self.sessions.revoke_all(user_id=user_id, but=own)

    def _along(self, actor: Actor, item: UserItem | None, action: str, now: datetime) -> Also:
        """Return what is written with the end of sessions: the audit event, and an e-mail to another's owner."""
        if item is None:
            return []
        own = item.user_id == actor.user_id
        if own and action == "session.ended":
            return []
        entry = self.audit_writer.entry(actor=actor, now=now, action=action, subject=f"user:{item.user_id}")
        return [entry, *([] if own else self.security_notice(item, Notice.SESSIONS_ENDED, now=now))]

    def _check(self, actor: Actor, user_id: str) -> None:
        if user_id != actor.user_id:
            self.roles.check_permission(actor=actor, permission=Permission.SESSION_REVOKE)
