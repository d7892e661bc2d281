"""Invitations that administrators send again."""

from datetime import datetime

from models import user as user_table
from models.store_errors import VersionMoved
from services.errors import Invalid
from services.users.accounts.email_notices import EmailNotices
from services.users.audit.audit_writer import AuditWriter
from services.users.authorization.roles import RoleService
from services.users.credentials.login_throttle import LoginAttempt, LoginThrottle
from services.users.identity.actor import Actor
from services.users.identity.permissions import Permission
from services.users.identity.user import User
from services.users.identity.user_errors import StaleRecord, UserNotFound

SENDER = "administrators"  # counted together, and apart from the sign-ins of their network


class InvitationService:
    """Sends an invitation again, with a new link that replaces the previous one."""

    def __init__(
        self,
        *,
        roles: RoleService,
        email_notices: EmailNotices,
        audit_writer: AuditWriter,
        login_throttle: LoginThrottle,
    ) -> None:
        self._roles, self._email_notices, self._audit_writer, self._login_throttle = (
            roles,
            email_notices,
            audit_writer,
            login_throttle,
        )

    def send(self, *, actor: Actor, user_id: str, now: datetime) -> User:
        """Invite a user who cannot sign in yet again.

        Raises PermissionDenied, Outranked, Invalid, Throttled, StaleRecord.
        """
        self._roles.check_permission(actor=actor, permission=Permission.USER_EDIT)
        item = user_table.find(user_id)
        if item is None:
            raise UserNotFound
        self._roles.check_rank(actor=actor, account=item)
        if item.email is None or not item.active:
            raise Invalid("Only active users with an email address can be invited.")
        if item.password_hash is not None or item.identities:
            raise Invalid(f"{item.name} can already sign in.")
        attempt = LoginAttempt(f"invite:{user_id}", "", device=SENDER)
        self._login_throttle.count(attempt, now=now)
        message = self._email_notices.invite(item, now)
        audit_entry = self._audit_writer.entry(
            actor=actor, now=now, action="user.invited", subject=f"user:{user_id}"
        )
        try:
            user_table.update_if(
                item,
                ["email", "password_hash"],
                also=[message, audit_entry],
                links=item.links,
                invited_at=now,
            )
        except VersionMoved as moved:
            raise StaleRecord from moved
        return User.from_model(item)
