"""Accounts that people make themselves; none exists until its owner has read a letter and chosen a password.

Asking does the same for every address: known or not, admitted or not. Only the worker looks, and only the
owner of the mailbox learns what it found.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from models import idempotency_key
from models import user as user_table
from models.idempotency_key import IdempotencyKey
from models.times import from_text, to_text
from models.user import AddressClaimed
from models.user import User as UserItem
from services.errors import NotFound
from services.mail import Email, Mailer
from services.outbox import Outbox
from services.users.accounts.own_account import OwnAccountService
from services.users.accounts.registration_policy import RegistrationPolicyService
from services.users.accounts.signed_links import LinkSpent
from services.users.audit.audit_writer import AuditWriter
from services.users.credentials.encryption import Encryption, Unreadable
from services.users.credentials.login_throttle import LoginAttempt, LoginThrottle, network_of
from services.users.credentials.passwords import HashPassword
from services.users.credentials.trusted_device import Origin
from services.users.identity.actor import Actor
from services.users.identity.names import clean_name, known_words, normalize_email, sort_name
from services.users.identity.user import User
from services.users.organizations.organizations import OrganizationService

GOOD_FOR = timedelta(days=1)
LONGEST_TOKEN = 3000
ROLE = "customer"
SUBJECT = "Your account at Ledgerdesk"
# Without the name: a stranger chose it, and chose who reads this.
TEXT = (
    "Hello,\n\nSomebody, probably you, wants an account with this address. Choose a password for it here, "
    "within one day:\n\n{url}\n\nIf it was not you, do nothing: there is no account.\n"
)


class RegistrationClosed(NotFound):
    """Nobody makes their own account here."""

    def __init__(self) -> None:
        super().__init__("Accounts are made by invitation here.")


@dataclass(frozen=True)
class Applicant:
    """Who asked for an account, as the link in their letter says."""

    name: str
    email: str
    key: str  # makes the link work once
    until: datetime


class RegistrationService:
    """Takes wishes for accounts down, writes to their addresses, and makes the accounts."""

    kind = "registration"

    def __init__(
        self,
        *,
        access: RegistrationPolicyService,
        accounts: OwnAccountService,
        organizations: OrganizationService,
        outbox: Outbox,
        mailer: Mailer,
        base_url: str,
        encryption: Encryption,
        login_throttle: LoginThrottle,
        audit_writer: AuditWriter,
        hash_password: HashPassword,
        new_id: Callable[[], str],
    ) -> None:
        self._access, self._accounts, self._outbox = access, accounts, outbox
        self._organizations = organizations
        self._mailer, self._base_url, self._encryption = mailer, base_url.rstrip("/"), encryption
        self._login_throttle, self._audit_writer = login_throttle, audit_writer
        self._hash_password, self._new_id = hash_password, new_id

    def is_open(self) -> bool:
        """Tell whether anybody can ask for an account."""
        return self._access.stored().is_open

    def ask(self, *, name: str, email: str, origin: Origin, now: datetime) -> None:
        """Take a wish down; raises RegistrationClosed, Invalid for no name or address, and Throttled."""
        if not self.is_open():
            raise RegistrationClosed
        wish = [clean_name(name), normalize_email(email)]
        who = LoginAttempt(f"register:{wish[1]}", network_of(origin.address))
        self._login_throttle.check(who, now=now)
        self._login_throttle.failed(who, now=now)
        self._outbox.put(self.kind, {"wish": self._encrypt(wish)}, now=now)

    def deliver(self, payload: Mapping[str, Any], entry_id: str, now: datetime) -> None:
        """Write to the address what there is to say: a link to an account, or that it has one already."""
        try:
            name, email = self._open(payload["wish"], 2)
        except LinkSpent:  # sealed with another key than today's
            return
        if not self._access.stored().admits(email):
            return
        known = user_table.find_by_email(email)
        if known is None:
            token = self._encrypt([name, email, entry_id, to_text(now + GOOD_FOR)])
            text = TEXT.format(url=f"{self._base_url}/register/{token}")
            self._mailer.send(Email(email, SUBJECT, text), message_id=entry_id)
        elif (purpose := self._accounts.link_for(known)) is not None:
            self._accounts.send_link(known, purpose, now, words="known" if known.password_hash else None)

    def look_up(self, *, token: str, now: datetime) -> Applicant:
        """Return whom a link is for, without using it up; raises LinkSpent."""
        name, email, key, until = self._open(token, 4)
        applicant = Applicant(name, email, key, from_text(until))
        known = user_table.find_by_email(email) is not None or idempotency_key.is_used(key)
        if applicant.until <= now or known or not self._access.stored().admits(email):
            raise LinkSpent
        return applicant

    def register(self, *, token: str, password: str, origin: Origin, now: datetime) -> User:
        """Make the account that a link is for, with a password; raises LinkSpent, Invalid, Throttled."""
        wish = self.look_up(token=token, now=now)
        item = UserItem(
            user_id=self._new_id(),
            name=wish.name,
            sort_name=sort_name(wish.name),
            email=wish.email,
            role_id=ROLE,
            password_hash=self._hash_password(password, about=known_words(wish.name, wish.email)),
            organization_id=self._organizations.of_new(wish.email, ROLE, None),
            created_at=now,
            verified_at=now,
        )
        owner = Actor(user_id=item.user_id, name=item.name, kind="customer", address=origin.address)
        act = self._audit_writer.entry(
            actor=owner,
            now=now,
            action="user.registered",
            subject=f"user:{item.user_id}",
            after={"name": item.name, "email": item.email, "role_id": ROLE},
        )
        used = IdempotencyKey(key=wish.key, expires_at=wish.until)
        try:
            user_table.put(item, expected_version=0, also=[act, used])
        except AddressClaimed as claimed:
            raise LinkSpent from claimed
        return User.from_model(item)

    def _encrypt(self, facts: list[str]) -> str:
        # Without the padding, which some readers of mail leave out of links.
        return self._encryption.encrypt(json.dumps(facts, ensure_ascii=False)).rstrip("=")

    def _open(self, token: str, length: int) -> list[str]:
        """Return what was sealed; what waits in the outbox opens no account: it is shorter than a link."""
        try:
            facts: list[str] = json.loads(
                self._encryption.open(token[:LONGEST_TOKEN] + "=" * (-len(token) % 4))
            )
        except (Unreadable, ValueError) as forged:
            raise LinkSpent from forged
        if not isinstance(facts, list) or len(facts) != length:
            raise LinkSpent
        return facts
