"""What users do with their own account: accept an invitation, reset or change the password."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models import user as user_table
from models.audit import AuditEntry
from models.store_errors import VersionMoved
from models.user import User as UserItem
from services.errors import Invalid
from services.outbox import Outbox
from services.users.accounts.email_notices import EmailNotices
from services.users.accounts.emails import link_purpose
from services.users.accounts.signed_links import Links, LinkSpent, Purpose
from services.users.audit.audit_writer import AuditWriter
from services.users.credentials.login_throttle import LoginAttempt, LoginThrottle, network_of
from services.users.credentials.passwords import Passwords
from services.users.credentials.sessions import SessionManager
from services.users.credentials.trusted_device import Origin
from services.users.identity.actor import Actor
from services.users.identity.names import known_words, normalize_email
from services.users.identity.user import User
from services.users.identity.user_errors import SignInExpired, StaleRecord, UserNotFound

RESET_KIND = "reset"  # outbox entries of this kind look up the account when they are delivered


class OwnAccountService:
    """Resets and changes passwords on behalf of the account's owner."""

    kind = RESET_KIND

    def __init__(
        self,
        *,
        links: Links,
        outbox: Outbox,
        email_notices: EmailNotices,
        passwords: Passwords,
        sessions: SessionManager,
        audit_writer: AuditWriter,
        login_throttle: LoginThrottle,
    ) -> None:
        self._links, self._outbox, self._email_notices = links, outbox, email_notices
        self._passwords, self._sessions = passwords, sessions
        self._audit_writer, self._login_throttle = audit_writer, login_throttle

    def ask_for_reset(self, *, email: str, origin: Origin, now: datetime) -> None:
        """Queue a password reset; takes the same work for known and unknown addresses.

        Raises Invalid if the address is not valid, Throttled after repeated requests.
        """
        address = normalize_email(email)
        attempt = LoginAttempt(f"reset:{address}", network_of(origin.address))
        self._login_throttle.check(attempt, now=now)
        self._login_throttle.failed(attempt, now=now)
        self._outbox.put(self.kind, {"email": address}, now=now)

    def deliver(self, payload: Mapping[str, Any], entry_id: str, now: datetime) -> None:
        """Send a link to the owner of an address, if it has one."""
        del entry_id
        item = user_table.find_by_email(payload["email"])
        purpose = self.link_for(item) if item else None
        if item is not None and purpose is not None:
            self.send_link(item, purpose, now)

    @staticmethod
    def link_for(item: UserItem) -> Purpose | None:
        """Return the link that lets a user choose a password, None if they may not have one."""
        if not item.active or (item.identities and not item.password_hash):
            return None  # users of a provider who leave it must have no other way to sign in
        return Purpose.RESET if item.password_hash else Purpose.WELCOME

    def send_link(self, item: UserItem, template: str, now: datetime) -> None:
        """Replace a user's link and send it with an e-mail of this template; raises StaleRecord."""
        links = self._links.issue(item.links or {}, link_purpose(template), now)
        message = self._email_notices.link_email(item.user_id, links, template, now)
        try:
            user_table.update_if(item, ["links"], also=[message], links=links)
        except VersionMoved as moved:
            raise StaleRecord from moved

    def look_up(self, *, token: str, purpose: Purpose, now: datetime) -> User:
        """Return the user that a link is for, without using the link up; raises LinkSpent."""
        return User.from_model(self._by_link(token, purpose, now))

    def choose_password(self, *, token: str, purpose: Purpose, password: str, now: datetime) -> User:
        """Set the password by a link, use the link up, and end all sessions; raises LinkSpent, Invalid."""
        item = self._by_link(token, purpose, now)
        if self.link_for(item) is None:
            raise LinkSpent
        hashed = self._passwords.hash(password, about=known_words(item.name, item.email or ""))
        audit_entry = self._audit_entry(item, "user.password_chosen", now)
        values: dict[str, Any] = {"links": {}, "password_hash": hashed, "invited_at": None}
        values |= {"verified_at": item.verified_at or now, "valid_after": now}
        try:
            user_table.update_if(item, ["links", "password_hash"], also=[audit_entry], **values)
        except VersionMoved as moved:
            raise LinkSpent from moved
        self._sessions.revoke_all(user_id=item.user_id)
        return User.from_model(item)

    def change_password(
        self, *, actor: Actor, current: str, password: str, session_id: str, now: datetime
    ) -> None:
        """Change the actor's password and end all their other sessions.

        Raises Invalid if the current password is wrong, Throttled after too many wrong ones.
        """
        actor.check_not_viewing()
        item = user_table.find(actor.user_id)
        if item is None:
            raise UserNotFound
        attempt = LoginAttempt(f"proof:{actor.user_id}", network_of(actor.address))
        self._login_throttle.check(attempt, now=now)
        if not self._passwords.matches(item.password_hash, current):
            self._login_throttle.failed(attempt, now=now)
            raise Invalid("This is not your password.", {"current": "This is not your password."})
        if not self._sessions.is_good(session_id=session_id, valid_after=item.valid_after):
            raise SignInExpired
        hashed = self._passwords.hash(password, about=known_words(item.name, item.email or ""))
        audit_entry = self._audit_entry(item, "user.password_changed", now, actor.address)
        try:
            user_table.update_if(
                item,
                ["password_hash", "valid_after"],
                also=[audit_entry],
                links={},
                password_hash=hashed,
                valid_after=now,
            )
        except VersionMoved as moved:
            raise StaleRecord from moved
        self._sessions.renew(session_id=session_id, now=now)
        self._sessions.revoke_all(user_id=item.user_id, but=session_id)

    @staticmethod
    def has_password(actor: Actor) -> bool:
        """Tell whether the actor has a password here, not only a provider."""
        item = user_table.find(actor.user_id)
        return item is not None and bool(item.password_hash)

    def _by_link(self, token: str, purpose: Purpose, now: datetime) -> UserItem:
        link = self._links.read(token, purpose)
        return self._links.check(user_table.find(link.user_id), link, now)

    def _audit_entry(
        self, item: UserItem, action: str, now: datetime, address: str | None = None
    ) -> AuditEntry:
        owner = Actor(user_id=item.user_id, name=item.name, kind="customer", address=address)
        return self._audit_writer.entry(actor=owner, now=now, action=action, subject=f"user:{item.user_id}")
