"""Registration: accounts that people create themselves, by opening a link and choosing a password.

A request does the same for every address, whether it has an account, is allowed, or not. Only the worker
looks it up, and only the owner of the mailbox learns the result.
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
from services.mail import Mailer
from services.outbox import DeliveryKind, Outbox
from services.users.accounts.emails import TEMPLATES
from services.users.accounts.own_account import OwnAccountService, PasswordChosen
from services.users.accounts.registration_policy import RegistrationPolicyService
from services.users.accounts.signed_links import LinkSpent
from services.users.audit.audit_writer import AuditWriter
from services.users.credentials.encryption import Encryption, Unreadable
from services.users.credentials.login_throttle import OF_MAILBOX, LoginAttempt, LoginThrottle, network_of
from services.users.credentials.passwords import HashPassword
from services.users.credentials.trusted_device import Origin, TrustedDevices
from services.users.identity.actor import Actor
from services.users.identity.names import clean_name, known_words, normalize_email, sort_name
from services.users.identity.user import User
from services.users.organizations.organizations import OrganizationService

GOOD_FOR = timedelta(days=1)
LONGEST_TOKEN = 3000
ROLE = "customer"


class RegistrationClosed(NotFound):
    """Registration is off."""

    def __init__(self) -> None:
        super().__init__("Accounts are created by invitation only.")


@dataclass(frozen=True)
class PendingRegistration:
    """A request for an account, as the link in its e-mail says."""

    name: str
    email: str
    key: str  # makes the link work once
    until: datetime


class RegistrationService:
    """Takes requests for accounts, sends the links, and creates the accounts."""

    kind = DeliveryKind.REGISTRATION

    def __init__(
        self,
        *,
        policy: RegistrationPolicyService,
        accounts: OwnAccountService,
        organizations: OrganizationService,
        outbox: Outbox,
        mailer: Mailer,
        base_url: str,
        encryption: Encryption,
        login_throttle: LoginThrottle,
        trusted_devices: TrustedDevices,
        audit_writer: AuditWriter,
        hash_password: HashPassword,
        new_id: Callable[[], str],
    ) -> None:
        self._policy, self._accounts, self._outbox = policy, accounts, outbox
        self._organizations = organizations
        self._mailer, self._base_url, self._encryption = mailer, base_url.rstrip("/"), encryption
        self._login_throttle, self._audit_writer = login_throttle, audit_writer
        self._trusted_devices = trusted_devices
        self._hash_password, self._new_id = hash_password, new_id

    def is_open(self) -> bool:
        """Tell whether anybody can register."""
        return self._policy.stored().is_open

    def ask(self, *, name: str, email: str, origin: Origin, now: datetime) -> None:
        """Queue a request; raises RegistrationClosed, Invalid for a bad name or address, and Throttled."""
        if not self.is_open():
            raise RegistrationClosed
        fields = [clean_name(name), normalize_email(email)]
        network = network_of(origin.address)
        attempt = LoginAttempt(f"register:{fields[1]}", network, of_account=OF_MAILBOX)
        self._login_throttle.count(attempt, now=now)
        self._outbox.put(self.kind, {"wish": self._encrypt(fields)}, now=now)

    def deliver(self, payload: Mapping[str, Any], entry_id: str, now: datetime) -> None:
        """Send a link to the address, or tell its owner that they already have an account."""
        try:
            name, email = self._decrypt(payload["wish"], 2)
        except LinkSpent:  # encrypted with a key that is no longer in use
            return
        if not self._policy.stored().admits(email):
            return
        known = user_table.find_by_email(email)
        if known is None:
            token = self._encrypt([name, email, entry_id, to_text(now + GOOD_FOR)])
            message = TEMPLATES["registration"].write(email, url=f"{self._base_url}/register/{token}")
            self._mailer.send(message, message_id=entry_id)
        elif (purpose := self._accounts.link_for(known)) is not None:
            self._accounts.send_link(known, "known" if known.password_hash else purpose, now)

    def look_up(self, *, token: str, now: datetime) -> PendingRegistration:
        """Return the request that a link is for, without using the link up; raises LinkSpent."""
        name, email, key, until = self._decrypt(token, 4)
        registration = PendingRegistration(name, email, key, from_text(until))
        known = user_table.find_by_email(email) is not None or idempotency_key.is_used(key)
        if registration.until <= now or known or not self._policy.stored().admits(email):
            raise LinkSpent
        return registration

    def register(self, *, token: str, password: str, origin: Origin, now: datetime) -> PasswordChosen:
        """Create the account that a link is for, with a password; raises LinkSpent, Invalid, Throttled."""
        registration = self.look_up(token=token, now=now)
        item = UserItem(
            user_id=self._new_id(),
            name=registration.name,
            sort_name=sort_name(registration.name),
            email=registration.email,
            role_id=ROLE,
            password_hash=self._hash_password(
                password,
                queue_keys=LoginAttempt(registration.email, network_of(origin.address)).queue_keys,
                about=known_words(registration.name, registration.email),
            ),
            organization_id=self._organizations.for_new_user(registration.email, ROLE, None),
            created_at=now,
            verified_at=now,
        )
        owner = Actor(user_id=item.user_id, name=item.name, kind="customer", address=origin.address)
        audit_entry = self._audit_writer.entry(
            actor=owner,
            now=now,
            action="user.registered",
            subject=f"user:{item.user_id}",
            after={"name": item.name, "email": item.email, "role_id": ROLE},
        )
        used = IdempotencyKey(key=registration.key, expires_at=registration.until)
        try:
            user_table.put(item, expected_version=0, also=[audit_entry, used])
        except AddressClaimed as claimed:
            raise LinkSpent from claimed
        device_token = self._trusted_devices.add(origin.device_token, registration.email)
        return PasswordChosen(User.from_model(item), device_token)

    def _encrypt(self, fields: list[str]) -> str:
        # Without the padding, which some mail clients leave out of links.
        return self._encryption.encrypt(json.dumps(fields, ensure_ascii=False)).rstrip("=")

    def _decrypt(self, token: str, length: int) -> list[str]:
        """Return the encrypted fields; an outbox entry has fewer than a link, so it creates no account."""
        try:
            fields: list[str] = json.loads(
                self._encryption.decrypt(token[:LONGEST_TOKEN] + "=" * (-len(token) % 4))
            )
        except (Unreadable, ValueError) as forged:
            raise LinkSpent from forged
        if not isinstance(fields, list) or len(fields) != length:
            raise LinkSpent
        return fields
