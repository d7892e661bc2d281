"""Sessions on the server side: started, extended, revoked."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from models import session as session_table
from models.session import Session as SessionItem
from models.transaction import Also
from services.users.credentials.trusted_device import UNKNOWN, Origin
from services.users.identity.sign_in_policy import OPEN, SignInPolicy

WRITE_EVERY = timedelta(minutes=10)
MAX_SESSIONS = 20  # of one user


@dataclass(frozen=True)
class Session:
    """One signed-in browser; `id` names the session but does not grant access to it."""

    id: str
    user_id: str
    created_at: datetime
    renewed_at: datetime
    seen_at: datetime
    ends_at: datetime
    address: str | None
    browser: str
    stepped_up_at: datetime | None
    viewing: str | None

    @classmethod
    def from_model(cls, item: SessionItem) -> "Session":
        """Build a session from its stored item."""
        return cls(
            id=item.token_hash,
            user_id=item.user_id,
            created_at=item.created_at,
            renewed_at=item.renewed_at or item.created_at,
            seen_at=item.seen_at,
            ends_at=item.ends_at,
            address=item.address,
            browser=item.browser or "",
            stepped_up_at=item.stepped_up_at,
            viewing=item.viewing,
        )

    def is_good_after(self, moment: datetime | None) -> bool:
        """Tell whether the session is newer than the moment at which all sessions of its user were ended."""
        return moment is None or self.renewed_at >= moment

    def is_good_by(self, security: SignInPolicy, now: datetime) -> bool:
        """Tell whether the session is within the limits of its user's role."""
        return now - self.seen_at < security.idle and now - self.created_at < security.absolute


def hash_token(token: str) -> str:
    """Hash a cookie's token into the key under which its session is stored."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


class SessionManager:
    """Starts, extends and ends sessions; a copy of the table holds no token that works."""

    def __init__(self, new_token: Callable[[], str]) -> None:
        self._new_token = new_token

    def start(
        self,
        *,
        user_id: str,
        now: datetime,
        origin: Origin = UNKNOWN,
        valid_after: datetime | None = None,
        stepped_up_at: datetime | None = None,
        also: Also = (),
    ) -> str:
        """Start a session, with the `also` writes, and return the token for the cookie.

        `valid_after` is the user's, which another machine may have written with a clock slightly ahead;
        `stepped_up_at` is when they last verified their identity, now unless it was at a provider.
        """
        token = self._new_token()
        ends_at = now + OPEN.absolute
        session_table.put(
            SessionItem(
                token_hash=hash_token(token),
                user_id=user_id,
                created_at=now,
                renewed_at=valid_after if valid_after and valid_after > now else None,
                seen_at=now,
                ends_at=ends_at,
                expires_at=min(now + OPEN.idle, ends_at),
                address=origin.address,
                browser=origin.browser[:300] or None,
                stepped_up_at=stepped_up_at or now,
            ),
            also=also,
        )
        return token

    @staticmethod
    def end_oldest(*, user_id: str, keep: str, now: datetime) -> int:
        """End the oldest sessions of a user beyond MAX_SESSIONS, never that of the token `keep`; return how many."""
        others = [
            token_hash for token_hash in session_table.of_user(user_id) if token_hash != hash_token(keep)
        ]
        surplus = others[: max(0, len(others) + 1 - MAX_SESSIONS)]
        if not surplus:
            return 0
        ended = [item for item in session_table.find_many(surplus) if item.expires_at > now]
        for token_hash in surplus:
            session_table.delete(token_hash)
        return len(ended)

    def resolve(self, *, token: str, now: datetime) -> Session | None:
        """Return the session of a token, None if it ended, expired or never existed."""
        if not 20 <= len(token) <= 100:
            return None
        item = session_table.find(hash_token(token))
        if item is None or item.expires_at <= now or item.ends_at <= now:
            return None
        return Session.from_model(item)

    def use(self, session: Session, *, security: SignInPolicy, now: datetime) -> bool:
        """Extend a session that is in use; returns False if it is beyond the limits of its user's role.

        Writes at most every ten minutes, more often if the idle limit is short.
        """
        if not session.is_good_by(security, now):
            return False
        if now - session.seen_at < min(WRITE_EVERY, security.idle / 10):
            return True
        expires_at = min(now + security.idle, session.ends_at)
        return session_table.update(session.id, seen_at=now, expires_at=expires_at)

    def is_good(self, *, session_id: str, valid_after: datetime | None) -> bool:
        """Tell whether a session is still valid; `valid_after` comes from the user as stored now."""
        item = session_table.find(session_id)
        return item is not None and Session.from_model(item).is_good_after(valid_after)

    def renew(self, *, session_id: str, now: datetime) -> None:
        """Keep a session valid when its user ends all others; its absolute limit stays."""
        session_table.update(session_id, renewed_at=now)

    def revoke(self, *, token: str) -> None:
        """End the session of a token."""
        session_table.delete(hash_token(token))

    def of_user(self, *, user_id: str, now: datetime, security: SignInPolicy = OPEN) -> list[Session]:
        """List a user's valid sessions, last used first."""
        items = session_table.find_many(session_table.of_user(user_id))
        unexpired = [
            Session.from_model(item) for item in items if item.expires_at > now and item.ends_at > now
        ]
        usable = [session for session in unexpired if session.is_good_by(security, now)]
        return sorted(usable, key=lambda session: session.seen_at, reverse=True)

    def revoke_one(self, *, user_id: str, session_id: str, also: Also = ()) -> bool:
        """End one session of a user, with the `also` writes; returns False and changes nothing if it is not theirs."""
        if not re.fullmatch("[0-9a-f]{64}", session_id):
            return False
        theirs = any(item.user_id == user_id for item in session_table.find_many([session_id]))
        if theirs:
            session_table.delete(session_id, also)
        return theirs

    def revoke_all(self, *, user_id: str, but: str | None = None) -> int:
        """End all sessions of a user, except `but` if given, and return how many."""
        hashes = [token_hash for token_hash in session_table.of_user(user_id) if token_hash != but]
        for token_hash in hashes:
            session_table.delete(token_hash)
        return len(hashes)

    def sweep(self, *, now: datetime, limit: int = 200) -> int:
        """Delete expired sessions where the engine does not, and return how many."""
        hashes = session_table.expired(now, limit)
        for token_hash in hashes:
            session_table.delete(token_hash)
        return len(hashes)
