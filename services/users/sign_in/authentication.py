"""Authentication: passwords and codes at sign-in, session tokens afterwards."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from models import user as user_table
from models.user import User as UserItem
from services.errors import Invalid
from services.users.accounts.user_service import UserService
from services.users.authorization.roles import RoleService
from services.users.credentials.encryption import Encryption, Unreadable
from services.users.credentials.login_throttle import LoginAttempt, LoginThrottle, network_of
from services.users.credentials.passwords import Passwords
from services.users.credentials.second_factor import SecondFactor, WrongCode
from services.users.credentials.sessions import SessionManager
from services.users.credentials.trusted_device import Origin, TrustedDevices
from services.users.identity.actor import Actor
from services.users.identity.names import normalize_email
from services.users.identity.user import Role, User
from services.users.identity.user_errors import BadCredentials, RoleNotFound, SignInExpired, UserNotFound
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
    ) -> None:
        self._users, self._roles, self._sessions, self._passwords = users, roles, sessions, passwords
        self._login_throttle, self._trusted_devices = login_throttle, trusted_devices
        self._second_factor, self._encryption = second_factor, encryption
        self._organizations = organizations

    def validate_user(self, *, email: str, password: str) -> User:
        """Return the active user with this address and password; raises BadCredentials.

        Part of the public interface for callers of the services; pages sign in with sign_in(). The result and its time
        are the same for an unknown address, a wrong password and a suspended account.
        """
        return User.from_model(self._validate(email, password))

    def _validate(self, email: str, password: str) -> UserItem:
        try:
            item = user_table.find_by_email(normalize_email(email))
        except Invalid:
            item = None
        stored = item.password_hash if item else None
        if not self._passwords.matches(stored, password) or item is None or not item.active:
            raise BadCredentials
        self._rehash(item, password)
        return item

    def sign_in(self, *, email: str, password: str, origin: Origin, now: datetime) -> SignedIn | CodeNeeded:
        """Check the password and start a session, or ask for the second factor if the user has one.

        Raises BadCredentials, Throttled after too many failures.
        """
        account = _account(email)
        attempt = self._login_attempt(account, origin)
        self._login_throttle.check(attempt, now=now)
        try:
            item = self._validate(email, password)
        except BadCredentials:
            self._login_throttle.failed(attempt, now=now)
            raise
        self._login_throttle.succeeded(attempt)
        if item.totp is not None:
            return CodeNeeded(self._encryption.encrypt(json.dumps([item.user_id, _stamp(item)])))
        return self._start(item, account, origin, now)

    def finish_sign_in(self, *, token: str, code: str, origin: Origin, now: datetime) -> SignedIn:
        """Check the code after the password and start the session.

        Raises WrongCode, Throttled, SignInExpired if the password was entered too long ago or has changed.
        """
        try:
            user_id, stamp = json.loads(self._encryption.decrypt(token, within=CODE_WITHIN))
        except (Unreadable, ValueError) as stale:
            raise SignInExpired from stale
        item = user_table.find(user_id)
        if item is None or not item.active or not item.email or stamp != _stamp(item):
            raise SignInExpired
        attempt = self._login_attempt(f"code:{item.email}", origin)
        self._login_throttle.check(attempt, now=now)
        try:
            self._second_factor.check(item, code, now)
        except WrongCode:
            self._login_throttle.failed(attempt, now=now)
            raise
        self._login_throttle.succeeded(attempt)
        return self._start(item, item.email, origin, now)

    def sign_in_federated(
        self, *, user_id: str, origin: Origin, now: datetime, stepped_up_at: datetime
    ) -> SignedIn | CodeNeeded:
        """Start a session for a user whom a provider has authenticated, or ask for their second factor here.

        `stepped_up_at` is when the user last authenticated at the provider. Raises SignInExpired if the account
        was suspended or erased in the meantime.
        """
        item = user_table.find(user_id)
        if item is None or not item.active or not item.email:
            raise SignInExpired
        if item.totp is not None:
            return CodeNeeded(self._encryption.encrypt(json.dumps([item.user_id, _stamp(item)])))
        return self._start(item, item.email, origin, now, stepped_up_at)

    def _login_attempt(self, account: str, origin: Origin) -> LoginAttempt:
        device = self._trusted_devices.verify(origin.device_token, account.removeprefix("code:"))
        return LoginAttempt(account, network_of(origin.address), device)

    def _start(
        self,
        item: UserItem,
        account: str,
        origin: Origin,
        now: datetime,
        stepped_up_at: datetime | None = None,
    ) -> SignedIn:
        token = self._sessions.start(
            user_id=item.user_id,
            origin=origin,
            now=now,
            valid_after=item.valid_after,
            stepped_up_at=stepped_up_at,
        )
        known = self._trusted_devices.verify(origin.device_token, account) and origin.device_token
        return SignedIn(User.from_model(item), token, known or self._trusted_devices.issue(account))

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

    def _rehash(self, item: UserItem, password: str) -> None:
        if item.password_hash and self._passwords.outdated(item.password_hash, password):
            user_table.update(item.user_id, password_hash=self._passwords.renew(password))


def _account(email: str) -> str:
    """Return the name under which attempts on an account are counted, whether it exists or not."""
    try:
        return normalize_email(email)
    except Invalid:
        return email[:254]


def _stamp(item: UserItem) -> str:
    """Return a fingerprint of the current password and second factor that reveals neither."""
    return sha256(f"{item.password_hash}\x00{item.totp}".encode()).hexdigest()
