"""What people do with their own account: take an invitation up, find back in, change the password."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models import user as user_table
from models.audit import AuditEntry
from models.errors import VersionMoved
from models.user import User as UserItem
from services.errors import Invalid
from services.outbox import Outbox
from services.users.accounts.email_notices import EmailNotices
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

KIND_OF_REQUEST = "reset"  # of a request whose account is looked up when it is due


class OwnAccountService:
    """Keeps the ways into an account that belong to its owner."""

    kind = KIND_OF_REQUEST

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
        """Take down that somebody wants a new password; the same work for known and unknown addresses.

        Raises Invalid for no address, Throttled for one who asks again and again.
        """
        address = normalize_email(email)
        who = LoginAttempt(f"reset:{address}", network_of(origin.address))
        self._login_throttle.check(who, now=now)
        self._login_throttle.failed(who, now=now)
        self._outbox.put(self.kind, {"email": address}, now=now)

    def deliver(self, payload: Mapping[str, Any], entry_id: str, now: datetime) -> None:
        """Give the owner of an address that was taken down a link, when there is such an owner."""
        del entry_id
        item = user_table.find_by_email(payload["email"])
        purpose = self.link_for(item) if item else None
        if item is not None and purpose is not None:
            self.send_link(item, purpose, now)

    @staticmethod
    def link_for(item: UserItem) -> Purpose | None:
        """Tell which link lets a person choose a password; None for who may not have one."""
        if not item.active or (item.identities and not item.password_hash):
            return None  # who comes through a provider and leaves it must not have a second way in
        return Purpose.RESET if item.password_hash else Purpose.WELCOME

    def send_link(self, item: UserItem, purpose: Purpose, now: datetime, words: str | None = None) -> None:
        """Replace a person's link of a purpose and write the letter about it; raises StaleRecord."""
        links = self._links.issue(item.links or {}, purpose, now)
        mail_message = self._email_notices.mail_message(item.user_id, links, purpose, now, words)
        try:
            user_table.update_if(item, ["links"], also=[mail_message], links=links)
        except VersionMoved as moved:
            raise StaleRecord from moved

    def look_up(self, *, token: str, purpose: Purpose, now: datetime) -> User:
        """Return whom a link is for, without using it up; raises LinkSpent."""
        return User.from_model(self._by_link(token, purpose, now))

    def choose_password(self, *, token: str, purpose: Purpose, password: str, now: datetime) -> User:
        """Set the password by a link, which is used up, and end all sessions; raises LinkSpent, Invalid."""
        item = self._by_link(token, purpose, now)
        if self.link_for(item) is None:
            raise LinkSpent
        hashed = self._passwords.hash(password, about=known_words(item.name, item.email or ""))
        act = self._own_act(item, "user.password_chosen", now)
        values: dict[str, Any] = {"links": {}, "password_hash": hashed, "invited_at": None}
        values |= {"verified_at": item.verified_at or now, "valid_after": now}
        try:
            user_table.update_if(item, ["links", "password_hash"], also=[act], **values)
        except VersionMoved as moved:
            raise LinkSpent from moved
        self._sessions.revoke_all(user_id=item.user_id)
        return User.from_model(item)

    def change_password(
        self, *, actor: Actor, current: str, password: str, session_id: str, now: datetime
    ) -> None:
        """Change one's own password; every other session ends.

        Raises Invalid for a wrong current one, Throttled after too many of them.
        """
        actor.check_acts()
        item = user_table.find(actor.user_id)
        if item is None:
            raise UserNotFound
        who = LoginAttempt(f"proof:{actor.user_id}", network_of(actor.address))
        self._login_throttle.check(who, now=now)
        if not self._passwords.matches(item.password_hash, current):
            self._login_throttle.failed(who, now=now)
            raise Invalid("This is not your password.", {"current": "This is not your password."})
        if not self._sessions.is_good(session_id=session_id, valid_after=item.valid_after):
            raise SignInExpired
        hashed = self._passwords.hash(password, about=known_words(item.name, item.email or ""))
        act = self._own_act(item, "user.password_changed", now, actor.address)
        try:
            user_table.update_if(
                item,
                ["password_hash", "valid_after"],
                also=[act],
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
        """Tell whether a person has a password here, and not a provider alone."""
        item = user_table.find(actor.user_id)
        return item is not None and bool(item.password_hash)

    def _by_link(self, token: str, purpose: Purpose, now: datetime) -> UserItem:
        link = self._links.read(token, purpose)
        return self._links.check(user_table.find(link.user_id), link, now)

    def _own_act(self, item: UserItem, action: str, now: datetime, address: str | None = None) -> AuditEntry:
        owner = Actor(user_id=item.user_id, name=item.name, kind="customer", address=address)
        return self._audit_writer.entry(actor=owner, now=now, action=action, subject=f"user:{item.user_id}")
