"""Where a person is signed in, and ending it: one's own sessions, or as an administrator anyone's."""

from dataclasses import dataclass
from datetime import datetime

from models import user as user_table
from models.errors import VersionMoved
from services.errors import NotFound
from services.users.audit.audit_writer import AuditWriter
from services.users.authorization.roles import RoleService
from services.users.credentials.sessions import Session, SessionManager
from services.users.identity.actor import Actor
from services.users.identity.permissions import Permission
from services.users.identity.user_errors import SignInExpired, StaleRecord, UserNotFound


class SessionGone(NotFound):
    """This person has no such session."""

    def __init__(self) -> None:
        super().__init__("This session has ended already.")


@dataclass(frozen=True)
class DeviceService:
    """Lists and ends the sessions of a person."""

    roles: RoleService
    sessions: SessionManager
    audit_writer: AuditWriter

    def of_person(self, *, actor: Actor, user_id: str, now: datetime) -> list[Session]:
        """List a person's sessions that are still good, the last used first; raises PermissionDenied."""
        self._check(actor, user_id)
        item = user_table.find(user_id)
        if item is None:
            raise UserNotFound
        security = self.roles.get(item.role_id).security
        found = self.sessions.of_user(user_id=user_id, now=now, security=security)
        return [one for one in found if one.is_good_after(item.valid_after)]

    def end(self, *, actor: Actor, user_id: str, session_id: str, now: datetime) -> None:
        """End one session of a person; raises SessionGone for one that is not theirs."""
        actor.check_acts()
        self._check(actor, user_id)
        if not self.sessions.revoke_one(user_id=user_id, session_id=session_id):
            raise SessionGone
        if user_id != actor.user_id:
            entry = self.audit_writer.entry(
                actor=actor, now=now, action="session.ended", subject=f"user:{user_id}"
            )
            self.audit_writer.record(entry)

    def end_all(self, *, actor: Actor, user_id: str, now: datetime) -> None:
        """End all sessions of a person; of one's own, all but the one that asks for it.

        The person notes the time, so that a session no index shows yet ends too.
        """
        actor.check_acts()
        self._check(actor, user_id)
        item = user_table.find(user_id)
        if item is None:
            raise UserNotFound
        own = actor.session_id if user_id == actor.user_id else None
        if own and not self.sessions.is_good(session_id=own, valid_after=item.valid_after):
            raise SignInExpired
        act = self.audit_writer.entry(
            actor=actor, now=now, action="session.all_ended", subject=f"user:{user_id}"
        )
        try:
            # Who is ended by another at this very moment must not outlive it.
            user_table.update_if(item, ["valid_after"], also=[act], valid_after=now)
        except VersionMoved as moved:
            raise StaleRecord from moved
        if own:
            self.sessions.renew(session_id=own, now=now)
        self.sessions.revoke_all(user_id=user_id, but=own)

    def _check(self, actor: Actor, user_id: str) -> None:
        if user_id != actor.user_id:
            self.roles.check_permission(actor=actor, permission=Permission.SESSION_REVOKE)
