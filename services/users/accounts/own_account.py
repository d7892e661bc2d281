"""What users do with their own account: accept an invitation, reset or change the password."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models import api_token as token_table
from models import user as user_table
from models.audit import AuditEntry
from models.outbox import Outbox as Entry
from models.store_errors import VersionMoved
from models.user import User as UserItem
from services.outbox import DeliveryKind, Outbox
from services.users.accounts.email_notices import EmailNotices
from services.users.accounts.emails import link_purpose
from services.users.accounts.signed_links import Links, LinkSpent, Purpose
from services.users.audit.audit_writer import AuditWriter
from services.users.credentials.login_throttle import (
    OF_MAILBOX,
    LoginAttempt,
    LoginThrottle,
    network_of,
    proof_attempt,
)
from services.users.credentials.passwords import NotYourPassword, Passwords
from services.users.credentials.security_notice import Notice
from services.users.credentials.sessions import SessionManager
from services.users.credentials.trusted_device import Origin, TrustedDevices
from services.users.identity.actor import Actor
from services.users.identity.names import known_words, normalize_email
from services.users.identity.user import User
from services.users.identity.user_errors import SignInExpired, StaleRecord, UserNotFound


@dataclass(frozen=True)
class PasswordChosen:
    """Who has chosen a password by a link, and the token that makes this browser known to their account."""

    user: User
    device_token: str


class OwnAccountService:
    """Resets and changes passwords on behalf of the account's owner."""

    kind = DeliveryKind.RESET  # looks up the account when it is delivered

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
        trusted_devices: TrustedDevices,
    ) -> None:
        self._trusted_devices = trusted_devices
        self._links, self._outbox, self._email_notices = links, outbox, email_notices
        self._passwords, self._sessions = passwords, sessions
        self._audit_writer, self._login_throttle = audit_writer, login_throttle

    def ask_for_reset(self, *, email: str, origin: Origin, now: datetime) -> None:
        """Queue a password reset; takes the same work for known and unknown addresses.

        Raises Invalid if the address is not valid, Throttled after repeated requests.
        """
        address = normalize_email(email)
        device = self._trusted_devices.verify(origin.device_token, address)
        attempt = LoginAttempt(f"reset:{address}", network_of(origin.address), device, of_account=OF_MAILBOX)
        self._login_throttle.count(attempt, now=now)
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

    def choose_password(
        self, *, token: str, purpose: Purpose, password: str, origin: Origin, now: datetime
    ) -> PasswordChosen:
        """Set the password by a link, use the link up, end all sessions and revoke all API tokens.

        Whoever had the password may have created tokens. Raises LinkSpent, Invalid, Throttled.
        """
        item = self._by_link(token, purpose, now)
        if self.link_for(item) is None:
            raise LinkSpent
        hashed = self._hash(item, password, (item.user_id,))
        along: list[AuditEntry | Entry] = [
            self._audit_entry(item, "user.password_chosen", now, origin.address)
        ]
        if item.password_hash:  # else it is the first one, chosen by an invitation
            along += self._notice(item, now, origin.address)
        values: dict[str, Any] = {"links": {}, "password_hash": hashed, "invited_at": None}
        values |= {"verified_at": item.verified_at or now, "valid_after": now, "tokens_valid_after": now}
        try:
            user_table.update_if(item, ["links", "password_hash"], also=along, **values)
        except VersionMoved as moved:
            raise LinkSpent from moved
        self._sessions.revoke_all(user_id=item.user_id)
        token_table.delete_of_user(item.user_id)
        device_token = self._trusted_devices.add(origin.device_token, item.email or "")
        return PasswordChosen(User.from_model(item), device_token)

    def change_password(
        self,
        *,
        actor: Actor,
        current: str,
        password: str,
        session_id: str,
        revoke_tokens: bool,
        now: datetime,
    ) -> None:
        """Change the actor's password, end all their other sessions, and revoke their API tokens if asked to.

        Raises Invalid if the current password is wrong, Throttled after too many wrong ones.
        """
        actor.check_not_viewing()
        item = user_table.find(actor.user_id)
        if item is None:
            raise UserNotFound
        attempt = proof_attempt(actor)
        with self._login_throttle.attempt(attempt, now=now, failure=NotYourPassword):
            if not self._passwords.matches(item.password_hash, current, queue_keys=attempt.queue_keys):
                raise NotYourPassword("current")
        if not self._sessions.is_good(session_id=session_id, valid_after=item.valid_after):
            raise SignInExpired
        hashed = self._hash(item, password, attempt.queue_keys)
        audit_entry = self._audit_entry(
            item, "user.password_changed", now, actor.address, api_tokens_revoked=revoke_tokens
        )
        values: dict[str, Any] = {"links": {}, "password_hash": hashed, "valid_after": now}
        if revoke_tokens:
            values["tokens_valid_after"] = now
        along = [audit_entry, *self._notice(item, now, actor.address)]
        try:
            user_table.update_if(item, ["password_hash", "valid_after"], also=along, **values)
        except VersionMoved as moved:
            raise StaleRecord from moved
        self._sessions.renew(session_id=session_id, now=now)
        self._sessions.revoke_all(user_id=item.user_id, but=session_id)
        if revoke_tokens:
            token_table.delete_of_user(item.user_id)

    @staticmethod
    def has_password(actor: Actor) -> bool:
        """Tell whether the actor has a password here, not only a provider."""
        item = user_table.find(actor.user_id)
        return item is not None and bool(item.password_hash)

    def _hash(self, item: UserItem, password: str, queue_keys: Collection[str]) -> str:
        about = known_words(item.name, item.email or "")
        return self._passwords.hash(password, queue_keys=queue_keys, about=about)

    def _by_link(self, token: str, purpose: Purpose, now: datetime) -> UserItem:
        link = self._links.read(token, purpose)
        return self._links.check(user_table.find(link.user_id), link, now)

    def _notice(self, item: UserItem, now: datetime, address: str | None) -> list[Entry]:
        return self._email_notices.security_notice(item, Notice.PASSWORD_CHANGED, now=now, address=address)

    def _audit_entry(
        self, item: UserItem, action: str, now: datetime, address: str | None, **facts: object
    ) -> AuditEntry:
        owner = Actor(user_id=item.user_id, name=item.name, kind="customer", address=address)
        return self._audit_writer.entry(
            actor=owner, now=now, action=action, subject=f"user:{item.user_id}", after=facts
        )
