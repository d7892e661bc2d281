"""A user's own e-mail address: confirming it, and changing it by a link sent to the new address."""

from dataclasses import dataclass
from datetime import datetime

from models import user as user_table
from models.audit import AuditEntry
from models.store_errors import VersionMoved
from models.user import AddressClaimed
from models.user import User as UserItem
from services.errors import Invalid
from services.users.accounts.email_notices import EmailNotices
from services.users.accounts.signed_links import Link, Links, LinkSpent, Purpose
from services.users.audit.audit_writer import AuditWriter
from services.users.credentials.login_throttle import LoginAttempt, LoginThrottle, proof_attempt
from services.users.credentials.passwords import NotYourPassword, Passwords
from services.users.identity.actor import Actor
from services.users.identity.names import normalize_email
from services.users.identity.user_errors import StaleRecord, UserNotFound


@dataclass(frozen=True)
class OwnEmailAddress:
    """A user's address, whether it is confirmed, and the address that a pending link was sent to."""

    email: str | None
    confirmed: bool
    asked: str | None


class EmailAddressService:
    """Confirms and changes addresses: a new one takes effect once the link sent to it is opened."""

    def __init__(
        self,
        *,
        links: Links,
        email_notices: EmailNotices,
        passwords: Passwords,
        audit_writer: AuditWriter,
        login_throttle: LoginThrottle,
    ) -> None:
        self._links, self._email_notices, self._passwords = links, email_notices, passwords
        self._audit_writer, self._login_throttle = audit_writer, login_throttle

    @staticmethod
    def own(*, actor: Actor, now: datetime) -> OwnEmailAddress:
        """Return the actor's address and whether it is confirmed; raises UserNotFound."""
        item = _find(actor)
        pending = Links.waiting(item, Purpose.VERIFY, now)
        return OwnEmailAddress(item.email, item.verified_at is not None, pending[0] if pending else None)

    def ask_to_confirm(self, *, actor: Actor, now: datetime) -> None:
        """Send a link to the actor's address; raises Invalid if it is already confirmed, Throttled."""
        item = _find(actor)
        if item.email is None or item.verified_at is not None:
            raise Invalid("This address is already confirmed.")
        self._throttle(actor, now)
        self._send(item, item.email, now)

    def ask_for_change(self, *, actor: Actor, email: str, password: str, now: datetime) -> None:
        """Send a link to a new address; `password` is the current one.

        Whether the address has an account is not looked up here, so that nobody can find out. Raises Invalid,
        Throttled, StaleRecord.
        """
        item, new_email = _find(actor), normalize_email(email)
        if new_email == item.email:
            raise Invalid("This is already your address.", {"email": "This is already your address."})
        attempt = proof_attempt(actor)
        with self._login_throttle.attempt(attempt, now=now, failure=NotYourPassword):
            if not self._passwords.matches(item.password_hash, password, queue_keys=attempt.queue_keys):
                raise NotYourPassword("proof")
        self._throttle(actor, now)
        self._send(item, new_email, now)

    def look_up(self, *, token: str, now: datetime) -> str:
        """Return the address that a link confirms, without using the link up; raises LinkSpent."""
        link, item = self._by_link(token, now)
        return self._links.address_of(item, link.purpose) or ""

    def confirm(self, *, token: str, now: datetime) -> None:
        """Confirm the address that a link was sent to; if it is new, notify the old one.

        Raises LinkSpent, also if somebody else has taken the address in the meantime, and StaleRecord.
        """
        _, item = self._by_link(token, now)
        address, old = self._links.address_of(item, Purpose.VERIFY), item.email
        try:
            if address == old:
                audit_entry = self._audit_entry("user.address_confirmed", item, old, now)
                rest = self._links.spend(item.links, Purpose.VERIFY)
                user_table.update_if(
                    item, ["links", "email"], also=[audit_entry], links=rest, verified_at=now
                )
                return
            notices = [self._email_notices.notice(item, old, "moved", now)] if old else []
            item.email, item.verified_at, item.invited_at, item.links = address, now, None, {}
            item.version = int(item.version) + 1
            audit_entry = self._audit_entry("user.address_changed", item, old, now)
            user_table.put(
                item, expected_version=item.version - 1, old_email=old, also=[audit_entry, *notices]
            )
        except AddressClaimed as claimed:
            raise LinkSpent from claimed
        except VersionMoved as moved:
            raise StaleRecord from moved

    def _by_link(self, token: str, now: datetime) -> tuple[Link, UserItem]:
        link = self._links.read(token, Purpose.VERIFY)
        return link, self._links.check(user_table.find(link.user_id), link, now)

    def _throttle(self, actor: Actor, now: datetime) -> None:
        """Count an e-mail for this user alone, so that nobody else has to wait."""
        self._login_throttle.count(
            LoginAttempt(f"address:{actor.user_id}", "", device=actor.user_id), now=now
        )

    def _send(self, item: UserItem, address: str, now: datetime) -> None:
        links = self._links.issue(item.links or {}, Purpose.VERIFY, now, address)
        message = self._email_notices.link_email(item.user_id, links, Purpose.VERIFY, now)
        try:
            user_table.update_if(item, ["links", "password_hash"], also=[message], links=links)
        except VersionMoved as moved:
            raise StaleRecord from moved

    def _audit_entry(self, action: str, item: UserItem, old: str | None, now: datetime) -> AuditEntry:
        owner = Actor(user_id=item.user_id, name=item.name, kind="customer")
        return self._audit_writer.entry(
            actor=owner,
            now=now,
            action=action,
            subject=f"user:{item.user_id}",
            before={"email": old},
            after={"email": item.email},
        )


def _find(actor: Actor) -> UserItem:
    item = user_table.find(actor.user_id)
    if item is None:
        raise UserNotFound
    return item
