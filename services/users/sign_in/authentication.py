"""Who is it: passwords at sign-in, tokens afterwards."""

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
from services.users.sign_in.current_actor import as_actor, may_view_as, seen_through

CODE_WITHIN = 300  # seconds between the password and the code


@dataclass(frozen=True)
class SignedIn:
    """A person who just signed in: the session's token and the browser's mark, both for cookies."""

    user: User
    token: str
    mark: str


@dataclass(frozen=True)
class CodeNeeded:
    """The password was right and the second factor is missing; `token` proves the first part for a while."""

    token: str


class AuthenticationService:
    """Signs people in and tells who is acting."""

    def __init__(
        self,
        *,
        users: UserService,
        roles: RoleService,
        sessions: SessionManager,
        passwords: Passwords,
        login_throttle: LoginThrottle,
        marks: TrustedDevices,
        second_factor: SecondFactor,
        encryption: Encryption,
        organizations: OrganizationService,
    ) -> None:
        self._users, self._roles, self._sessions, self._passwords = users, roles, sessions, passwords
        self._login_throttle, self._marks = login_throttle, marks
        self._second_factor, self._encryption = second_factor, encryption
        self._organizations = organizations

    def validate_user(self, *, email: str, password: str) -> User:
        """Return the active person with this address and password; raises BadCredentials.

        Part of the public interface for callers of the services; pages sign in with sign_in(). The answer and its time
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
        """Validate and start a session, or ask for the second factor where there is one.

        Raises BadCredentials, Throttled after too many failures.
        """
        account = _account(email)
        who = self._login_attempt(account, origin)
        self._login_throttle.check(who, now=now)
        try:
            item = self._validate(email, password)
        except BadCredentials:
            self._login_throttle.failed(who, now=now)
            raise
        self._login_throttle.succeeded(who)
        if item.totp is not None:
            return CodeNeeded(self._encryption.encrypt(json.dumps([item.user_id, _stamp(item)])))
        return self._start(item, account, origin, now)

    def finish_sign_in(self, *, token: str, code: str, origin: Origin, now: datetime) -> SignedIn:
        """Start the session of who gave a password moments ago and now a code.

        Raises WrongCode, Throttled, SignInExpired when the password was given too long ago or has changed.
        """
        try:
            user_id, stamp = json.loads(self._encryption.open(token, within=CODE_WITHIN))
        except (Unreadable, ValueError) as stale:
            raise SignInExpired from stale
        item = user_table.find(user_id)
        if item is None or not item.active or not item.email or stamp != _stamp(item):
            raise SignInExpired
        who = self._login_attempt(f"code:{item.email}", origin)
        self._login_throttle.check(who, now=now)
        try:
            self._second_factor.check(item, code, now)
        except WrongCode:
            self._login_throttle.failed(who, now=now)
            raise
        self._login_throttle.succeeded(who)
        return self._start(item, item.email, origin, now)

    def sign_in_federated(
        self, *, user_id: str, origin: Origin, now: datetime, stepped_up_at: datetime
    ) -> SignedIn | CodeNeeded:
        """Start a session for whom a provider vouched, or ask for the second factor they set up here.

        `stepped_up_at` is when the person last showed the provider who they are. Raises SignInExpired when the
        account has gone meanwhile.
        """
        item = user_table.find(user_id)
        if item is None or not item.active or not item.email:
            raise SignInExpired
        if item.totp is not None:
            return CodeNeeded(self._encryption.encrypt(json.dumps([item.user_id, _stamp(item)])))
        return self._start(item, item.email, origin, now, stepped_up_at)

    def _login_attempt(self, account: str, origin: Origin) -> LoginAttempt:
        device = self._marks.read(origin.mark, account.removeprefix("code:"))
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
        known = self._marks.read(origin.mark, account) and origin.mark
        return SignedIn(User.from_model(item), token, known or self._marks.make(account))

    def actor_for(self, *, token: str, now: datetime, address: str | None = None) -> Actor | None:
        """Tell who is behind a session token; None when the session or the person is no longer good."""
        session = self._sessions.resolve(token=token, now=now)
        if session is None:
            return None
        try:
            user, role = self._person(session.user_id)
        except (UserNotFound, RoleNotFound):
            return None
        if not user.active or not session.is_good_after(user.valid_after):
            return None
        if not self._sessions.use(session, security=role.security, now=now):
            return None
        found = self._sharing(as_actor(session, user, role, address), user)
        return self._viewing(found, session.viewing) if session.viewing else found

    def _person(self, user_id: str) -> tuple[User, Role]:
        user = self._users.get(user_id)
        role = self._roles.get(user.role_id)
        if role.security.second_factor and not user.second_factor:
            user = self._users.get(user_id, fresh=True)  # another process may have just seen it turned on
        return user, role

    def _viewing(self, viewer: Actor, user_id: str) -> Actor:
        """Look through another's eyes, as long as that is allowed."""
        try:
            user = self._users.get(user_id)
            role = self._roles.get(user.role_id)
        except (UserNotFound, RoleNotFound):
            return viewer
        if not may_view_as(viewer, user, role):
            return viewer
        return self._sharing(seen_through(viewer, user, role), user)

    def _sharing(self, found: Actor, user: User) -> Actor:
        """Add the organization of a person whose members share their tickets at present."""
        return replace(found, organization_id=self._organizations.shared_by(user.organization_id))

    def _rehash(self, item: UserItem, password: str) -> None:
        if item.password_hash and self._passwords.outdated(item.password_hash):
            user_table.update(item.user_id, password_hash=self._passwords.renew(password))


def _account(email: str) -> str:
    """Name the account a sign-in is about, whether it exists or not."""
    try:
        return normalize_email(email)
    except Invalid:
        return email[:254]


def _stamp(item: UserItem) -> str:
    """Name the password and the second factor of this moment without giving them away."""
    return sha256(f"{item.password_hash}\x00{item.totp}".encode()).hexdigest()
