"""Sign-ins on the server side: started, prolonged, revoked."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from models import session as session_table
from models.session import Session as SessionItem
from services.users.origin import UNKNOWN, Origin

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=14)
WRITE_EVERY = timedelta(minutes=10)


@dataclass(frozen=True)
class Session:
    """One signed-in browser; `id` names it without opening it."""

    id: str
    user_id: str
    created_at: datetime
    seen_at: datetime
    address: str | None
    browser: str
    proved_at: datetime | None = None

    @classmethod
    def from_model(cls, item: SessionItem) -> "Session":
        """Take over a stored session."""
        return cls(
            id=item.token_hash,
            user_id=item.user_id,
            created_at=item.created_at,
            seen_at=item.seen_at,
            address=item.address,
            browser=item.browser or "",
            proved_at=item.proved_at,
        )


def hash_token(token: str) -> str:
    """Hash a cookie's token into the key under which its session is stored."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


class SessionManager:
    """Starts, prolongs and ends sessions; a copy of the table holds no token that works."""

    def __init__(self, new_token: Callable[[], str]) -> None:
        self._new_token = new_token

    def start(self, *, user_id: str, now: datetime, origin: Origin = UNKNOWN) -> str:
        """Start a session and return the token for the cookie."""
        token = self._new_token()
        ends_at = now + ABSOLUTE
        session_table.put(
            SessionItem(
                token_hash=hash_token(token),
                user_id=user_id,
                created_at=now,
                seen_at=now,
                ends_at=ends_at,
                expires_at=min(now + IDLE, ends_at),
                address=origin.address,
                browser=origin.browser[:300] or None,
                proved_at=now,
            )
        )
        return token

    def resolve(self, *, token: str, now: datetime) -> Session | None:
        """Return the session behind a token, None when it ended, expired or never was.

        Use slides the idle limit; the write for it happens at most every ten minutes.
        """
        if not 20 <= len(token) <= 100:
            return None
        item = session_table.find(hash_token(token))
        if item is None or item.expires_at <= now or item.ends_at <= now:
            return None
        if now - item.seen_at >= WRITE_EVERY:
            item.seen_at, item.expires_at = now, min(now + IDLE, item.ends_at)
            if not session_table.amend(item.token_hash, seen_at=item.seen_at, expires_at=item.expires_at):
                return None
        return Session.from_model(item)

    def revoke(self, *, token: str) -> None:
        """End the session behind a token."""
        session_table.delete(hash_token(token))

    @staticmethod
    def id_of(token: str) -> str:
        """Name the session behind a token without looking it up."""
        return hash_token(token)

    def of_user(self, *, user_id: str, now: datetime) -> list[Session]:
        """List the sessions of a person that are still good, the last used first."""
        found = session_table.find_many(session_table.of_user(user_id))
        good = [item for item in found if item.expires_at > now and item.ends_at > now]
        return sorted(map(Session.from_model, good), key=lambda session: session.seen_at, reverse=True)

    def revoke_one(self, *, user_id: str, session_id: str) -> None:
        """End one session of a person; somebody else's stays as it is."""
        if any(item.user_id == user_id for item in session_table.find_many([session_id])):
            session_table.delete(session_id)

    def revoke_all(self, *, user_id: str, but: str | None = None) -> int:
        """End all sessions of a person, `but` one where it is given, and return how many there were."""
        hashes = [found for found in session_table.of_user(user_id) if found != but]
        for token_hash in hashes:
            session_table.delete(token_hash)
        return len(hashes)

    def sweep(self, *, now: datetime, limit: int = 200) -> int:
        """Delete expired sessions where the engine does not; returns how many."""
        hashes = session_table.expired(now, limit)
        for token_hash in hashes:
            session_table.delete(token_hash)
        return len(hashes)
