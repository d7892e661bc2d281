"""Authentication: passwords and codes at sign-in, session tokens afterwards."""

import json
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from models import user as user_table
from models.outbox import Outbox as Entry
from models.store_errors import VersionMoved
from models.user import User as UserItem
from services.errors import Invalid
from services.users.accounts.email_notices import EmailNotices
from services.users.accounts.signed_links import Link, Links, LinkSpent, Purpose
from services.users.accounts.user_service import UserService
from services.users.audit.audit_writer import AuditWriter
from services.users.audit.security_log import Failure, SecurityLog
from services.users.authorization.roles import RoleService
from services.users.credentials.encryption import Encryption, Unreadable
from services.users.credentials.login_throttle import LoginAttempt, LoginThrottle, network_of
from services.users.credentials.passwords import Passwords
from services.users.credentials.second_factor import SecondFactor, WrongCode
from services.users.credentials.security_notice import Notice
from services.users.credentials.sessions import SessionManager
from services.users.credentials.trusted_device import Origin, TrustedDevices
from services.users.identity.actor import Actor
from services.users.identity.names import normalize_email
from services.users.identity.user import Role, User
from services.users.identity.user_errors import (
    BadCredentials,
    RoleNotFound,
    SignInExpired,
    StaleRecord,
    UserNotFound,
)
from services.users.organizations.organizations import OrganizationService
from services.users.sign_in.current_actor import as_actor, as_viewed, may_view_as

CODE_WITHIN = 300  # seconds between the password and the code


@dataclass(frozen=True)
class SignedIn:
    """A user who has just signed in, with the session token and the trusted-device token for the cookies."""

    user: User
    token: str
    device_token: str


@dataclass(frozen=True)
class CodeNeeded:
    """The password was correct and the second factor is needed; `token` stands for the first step for a while."""

    token: str


class AuthenticationService:
    """Signs users in and finds the actor of a session."""

    def __init__(
        self,
        *,
        users: UserService,
        roles: RoleService,
        sessions: SessionManager,
        passwords: Passwords,
        login_throttle: LoginThrottle,
        trusted_devices: TrustedDevices,
        second_factor: SecondFactor,
        encryption: Encryption,
        organizations: OrganizationService,
        audit_writer: AuditWriter,
        security_log: SecurityLog,
        links: Links,
        email_notices: EmailNotices,
    ) -> None:
        self._audit_writer, self._security_log = audit_writer, security_log
        self._links, self._email_notices = links, email_notices
        self._users, self._roles, self._sessions, self._passwords = users, roles, sessions, passwords
        self._login_throttle, self._trusted_devices = login_throttle, trusted_devices
        self._second_factor, self._encryption = second_factor, encryption
        self._organizations = organizations

    def validate_user(self, *, email: str, password: str) -> User:
        """Return the active user with this address and password; raises BadCredentials.

        Part of the public interface for callers of the services; pages sign in with sign_in(). The result and its time
        are the same for an unknown address, a wrong password and a suspended account.
        """
        item = self._find(email)
        return User.from_model(self._check_password(item, password, (_account(email),)))

    @staticmethod
    def _find(email: str) -> UserItem | None:
        try:
            return user_table.find_by_email(normalize_email(email))
        except Invalid:
            return None

    def _check_password(self, item: UserItem | None, password: str, queue_keys: Collection[str]) -> UserItem:
        stored = item.password_hash if item else None
        matches = self._passwords.matches(stored, password, queue_keys=queue_keys)
        if not matches or item is None or not item.active:
            raise BadCredentials
        self._rehash(item, password, queue_keys)
        return item

    def sign_in(self, *, email: str, password: str, origin: Origin, now: datetime) -> SignedIn | CodeNeeded:
        """Check the password and start a session, or ask for the second factor if the user has one.

        Raises BadCredentials, Throttled after too many failures.
        """
        account = _account(email)
        attempt = self._login_attempt(account, origin)
        self._passwords.check_place(queue_keys=attempt.queue_keys)
        with self._login_throttle.attempt(attempt, now=now, failure=BadCredentials):
            owner = self._find(email)
            try:
                item = self._check_password(owner, password, attempt.queue_keys)
            except BadCredentials:
                self._note_failure(account, owner, origin, now, factor="password")
                raise
        if item.totp is not None:
            return self._code_needed(item)
        return self._start(item, account, origin, now, factor="password")

    def finish_sign_in(self, *, token: str, code: str, origin: Origin, now: datetime) -> SignedIn:
        """Check the code after the password and start the session.

        Raises WrongCode, Throttled, SignInExpired if the password was entered too long ago or has changed.
        """
        item = self._after_password(token)
        return self._finish(item, code, origin, now)

    def send_code_link(self, *, token: str, now: datetime) -> None:
        """Send a link with which codes can be entered although too many wrong ones were; after the password.

        Raises SignInExpired, Throttled, StaleRecord.
        """
        item = self._after_password(token)
        # Counted for this account alone: only who knows its password gets here.
        attempt = LoginAttempt(f"code-link:{item.user_id}", "", device=item.user_id)
        self._login_throttle.count(attempt, now=now)
        links = self._links.issue(item.links or {}, Purpose.CODE, now)
        message = self._email_notices.link_email(item.user_id, links, Purpose.CODE, now)
        try:
            user_table.update_if(item, ["links"], also=[message], links=links)
        except VersionMoved as moved:
            raise StaleRecord from moved

    def look_up_code_link(self, *, token: str, now: datetime) -> None:
        """Check that a link of send_code_link works, without using it up; raises LinkSpent."""
        self._by_link(token, now)

    def finish_with_link(self, *, token: str, code: str, origin: Origin, now: datetime) -> SignedIn:
        """Check a code that is entered with a link, use the link up, and start the session.

        Raises LinkSpent, WrongCode, Throttled.
        """
        link, item = self._by_link(token, now)
        signed_in = self._finish(item, code, origin, now, link=link.nonce)
        with suppress(VersionMoved):  # replaced by a newer link
            rest = self._links.spend(item.links, Purpose.CODE)
            user_table.update_if(item, ["links"], links=rest)
        return signed_in

    def sign_in_federated(
        self, *, user_id: str, provider: str, origin: Origin, now: datetime, stepped_up_at: datetime
    ) -> SignedIn | CodeNeeded:
        """Start a session for a user whom a provider has authenticated, or ask for their second factor here.

        `stepped_up_at` is when the user last authenticated at the provider. Raises SignInExpired if the account
        was suspended or erased in the meantime.
        """
        item = user_table.find(user_id)
        if item is None or not item.active or not item.email:
            raise SignInExpired
        if item.totp is not None:
            return self._code_needed(item)
        return self._start(
            item, item.email, origin, now, factor=f"provider {provider}", stepped_up_at=stepped_up_at
        )

    def _finish(
        self, item: UserItem, code: str, origin: Origin, now: datetime, *, link: str | None = None
    ) -> SignedIn:
        email = item.email or ""
        with self._login_throttle.attempt(
            self._login_attempt(f"code:{email}", origin), now=now, failure=WrongCode
        ):
            try:
                factor = self._second_factor.check(item, code, now=now, address=origin.address, link=link)
            except WrongCode:
                self._note_failure(email, item, origin, now, factor="code")
                raise
        return self._start(item, email, origin, now, factor=factor)

    def _after_password(self, token: str) -> UserItem:
        """Return the user who entered the password a moment ago; raises SignInExpired."""
        try:
            user_id, stamp = json.loads(self._encryption.decrypt(token, within=CODE_WITHIN))
        except (Unreadable, ValueError) as stale:
            raise SignInExpired from stale
        item = user_table.find(user_id)
        if item is None or not item.active or not item.email or stamp != _stamp(item):
            raise SignInExpired
        return item

    def _by_link(self, token: str, now: datetime) -> tuple[Link, UserItem]:
        link = self._links.read(token, Purpose.CODE)
        item = self._links.check(user_table.find(link.user_id), link, now)
        if item.totp is None or not item.email:
            raise LinkSpent
        return link, item

    def _code_needed(self, item: UserItem) -> CodeNeeded:
        return CodeNeeded(self._encryption.encrypt(json.dumps([item.user_id, _stamp(item)])))

    def _login_attempt(self, account: str, origin: Origin) -> LoginAttempt:
        device = self._trusted_devices.verify(origin.device_token, account.removeprefix("code:"))
        return LoginAttempt(account, network_of(origin.address), device)

    def _note_failure(
        self, account: str, item: UserItem | None, origin: Origin, now: datetime, *, factor: str
    ) -> None:
        user_id, network = item.user_id if item else None, network_of(origin.address)
        failure = Failure("user.sign_in_failed", account, user_id, network, origin.address)
        self._security_log.failed(failure, now=now, factor=factor)

    def _start(
        self,
        item: UserItem,
        account: str,
        origin: Origin,
        now: datetime,
        *,
        factor: str,
        stepped_up_at: datetime | None = None,
    ) -> SignedIn:
        owner = Actor(user_id=item.user_id, name=item.name, kind="customer", address=origin.address)
        known = self._trusted_devices.verify(origin.device_token, account) is not None
        device = "known" if known else "new"
        events = self._security_log.succeeded(
            actor=owner, action="user.signed_in", now=now, factor=factor, device=device
        )
        token = self._sessions.start(
            user_id=item.user_id,
            origin=origin,
            now=now,
            valid_after=item.valid_after,
            stepped_up_at=stepped_up_at,
            also=[*events, *([] if known else self._new_device_notice(item, origin, now))],
        )
        self._end_oldest(owner, token, now)
        return SignedIn(User.from_model(item), token, self._trusted_devices.add(origin.device_token, account))

    def _new_device_notice(self, item: UserItem, origin: Origin, now: datetime) -> list[Entry]:
        """Tell the owner of an account that somebody signed in from a new device; a few times an hour."""
        if item.created_at == now or not self._security_log.is_among_first(
            Notice.NEW_DEVICE, item.user_id, now=now
        ):
            return []
        return self._email_notices.security_notice(item, Notice.NEW_DEVICE, now=now, address=origin.address)

    def _end_oldest(self, owner: Actor, token: str, now: datetime) -> None:
        ended = self._sessions.end_oldest(user_id=owner.user_id, keep=token, now=now)
        if ended:
            events = self._security_log.succeeded(
                actor=owner, action="session.oldest_ended", now=now, sessions=str(ended)
            )
            for event in events:
                self._audit_writer.record(event)

    def actor_for(self, *, token: str, now: datetime, address: str | None = None) -> Actor | None:
        """Return the actor of a session token, None if the session or the user is no longer valid."""
        session = self._sessions.resolve(token=token, now=now)
        if session is None:
            return None
        try:
            user, role = self._user_and_role(session.user_id)
        except (UserNotFound, RoleNotFound):
            return None
        if not user.active or not session.is_good_after(user.valid_after):
            return None
        if not self._sessions.use(session, security=role.security, now=now):
            return None
        actor = self._with_organization(as_actor(session, user, role, address), user)
        return self._viewed_actor(actor, session.viewing) if session.viewing else actor

    def _user_and_role(self, user_id: str) -> tuple[User, Role]:
        user = self._users.get(user_id)
        role = self._roles.get(user.role_id)
        if role.security.second_factor and not user.second_factor:
            user = self._users.get(user_id, fresh=True)  # it may just have been turned on in another process
        return user, role

    def _viewed_actor(self, viewer: Actor, user_id: str) -> Actor:
        """Return the viewer as another user, as long as that is allowed, else the viewer."""
        try:
            user = self._users.get(user_id)
            role = self._roles.get(user.role_id)
        except (UserNotFound, RoleNotFound):
            return viewer
        if not may_view_as(viewer, user, role):
            return viewer
        return self._with_organization(as_viewed(viewer, user, role), user)

    def _with_organization(self, actor: Actor, user: User) -> Actor:
        """Add the user's organization, if its members currently share their tickets."""
        return replace(actor, organization_id=self._organizations.shared_by(user.organization_id))

    def _rehash(self, item: UserItem, password: str, queue_keys: Collection[str]) -> None:
        stored = item.password_hash
        if stored and self._passwords.outdated(stored, password, queue_keys=queue_keys):
            renewed = self._passwords.renew(password, queue_keys=queue_keys)
            user_table.update(item.user_id, password_hash=renewed)


def _account(email: str) -> str:
    """Return the name under which attempts on an account are counted, whether it exists or not."""
    try:
        return normalize_email(email)
    except Invalid:
        return email[:254]


def _stamp(item: UserItem) -> str:
    """Return a fingerprint of the current password and second factor that reveals neither."""
    return sha256(f"{item.password_hash}\x00{item.totp}".encode()).hexdigest()
