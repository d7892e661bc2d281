"""Who is it: passwords at sign-in, tokens afterwards."""

from datetime import datetime
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from models import user as user_table
from models.user import User as UserItem
from services.errors import Invalid
from services.users.accounts import UserService, normalize_email
from services.users.actor import Actor
from services.users.errors import BadCredentials, RoleNotFound, UserNotFound
from services.users.permissions import Permission, Scope
from services.users.roles import RoleService
from services.users.sessions import SessionManager
from services.users.user import User

MAX_PASSWORD = 1024


class Passwords:
    """Hashes and checks passwords with argon2id at OWASP's minimum (19 MiB, two passes).

    At most two run at a time in one process, so that a rush of sign-ins cannot starve the other pages.
    """

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._gate = BoundedSemaphore(2)
        self._nobody = ""

    def hash(self, password: str) -> str:
        """Hash a password; raises Invalid when it is too short or too long."""
        if not 12 <= len(password) <= MAX_PASSWORD:
            message = "A password has at least 12 characters."
            raise Invalid(message, {"password": message})
        with self._gate:
            return self._hasher.hash(_bytes(password))

    def matches(self, stored: str | None, password: str) -> bool:
        """Check a password; takes as long when there is nothing to check against."""
        if not self._nobody:
            self._nobody = self._hasher.hash("nobody has this password")
        with self._gate:
            try:
                self._hasher.verify(stored or self._nobody, _bytes(password[:MAX_PASSWORD]))
            except (VerificationError, InvalidHashError):
                return False
        return stored is not None and len(password) <= MAX_PASSWORD

    def outdated(self, stored: str) -> bool:
        """Tell whether a hash was made with older parameters."""
        return self._hasher.check_needs_rehash(stored)


def _bytes(password: str) -> bytes:
    """Encode a password, lone surrogates too: JSON can carry them, and a wrong password is just wrong."""
    return password.encode("utf-8", "surrogatepass")


class AuthenticationService:
    """Signs people in and tells who is acting."""

    def __init__(
        self,
        *,
        users: UserService,
        roles: RoleService,
        sessions: SessionManager,
        passwords: Passwords,
    ) -> None:
        self._users, self._roles, self._sessions, self._passwords = users, roles, sessions, passwords

    def validate_user(self, *, email: str, password: str) -> User:
        """Return the active person with this address and password; raises BadCredentials.

        The answer and its time are the same for an unknown address, a wrong password and a suspended
        account.
        """
        try:
            item = user_table.find_by_email(normalize_email(email))
        except Invalid:
            item = None
        stored = item.password_hash if item else None
        if not self._passwords.matches(stored, password) or item is None or not item.active:
            raise BadCredentials
        self._rehash(item, password)
        return User.from_model(item)

    def sign_in(self, *, email: str, password: str, now: datetime) -> tuple[User, str]:
        """Validate and start a session; returns the person and the token for the cookie."""
        user = self.validate_user(email=email, password=password)
        return user, self._sessions.start(user_id=user.user_id, now=now)

    def actor_for(self, *, token: str, now: datetime) -> Actor | None:
        """Tell who is behind a session token; None when the session or the person is no longer good."""
        session = self._sessions.resolve(token=token, now=now)
        if session is None:
            return None
        try:
            user = self._users.get(session.user_id)
            role = self._roles.get(user.role_id)
        except (UserNotFound, RoleNotFound):
            return None
        if not user.active:
            return None
        agent = role.permissions.get(Permission.TICKET_VIEW, Scope.NONE) > Scope.OWN
        return Actor(
            user_id=user.user_id,
            name=user.name,
            kind="agent" if agent else "customer",
            role_id=user.role_id,
            email=user.email,
            theme=user.theme,
            team_ids=frozenset(user.team_ids),
            permissions=role.permissions,
        )

    def _rehash(self, item: UserItem, password: str) -> None:
        if item.password_hash and self._passwords.outdated(item.password_hash):
            user_table.set_password_hash(item.user_id, self._passwords.hash(password))
