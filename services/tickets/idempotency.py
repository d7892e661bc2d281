"""Idempotency: a request that is sent again is carried out once, and its key stands for no other request."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Self

from models import idempotency_key
from models.idempotency_key import IdempotencyKey
from models.store_errors import EngineUnavailable
from services.tickets.ticket_errors import KeyReused, StillInProgress
from services.users.identity import Actor

ATTEMPTS = 12
REMEMBER = timedelta(days=2)
BROKEN_OFF = timedelta(seconds=5)  # after which a claim is taken for one that nobody works on


@dataclass(frozen=True)
class RequestKey:
    """The key of a request, bound to who sent it, with the fingerprint of what it asks for."""

    key: str
    fingerprint: str
    now: datetime

    @classmethod
    def of(cls, actor: Actor, now: datetime, sent: str, request: tuple[object, ...]) -> Self:
        """Bind a key that was sent; `request` is what it is about, and all its input."""
        return cls(_digest(actor.user_id, sent), _digest(*request), now)

    def used(self, ticket_id: int) -> IdempotencyKey:
        """Build the item to write with the ticket."""
        return self._item(value={"ticket_id": ticket_id})

    def is_repeated(self) -> bool:
        """Tell whether the same request was carried out before; raises KeyReused for another one."""
        stored = idempotency_key.find(self.key)
        if stored is None:
            return False
        self.check(stored)
        return stored.claimed_by is None

    def check(self, stored: IdempotencyKey) -> None:
        """Raise KeyReused when a key was used for another request."""
        if stored.fingerprint != self.fingerprint:
            raise KeyReused(stored.value.get("ticket_id"))

    def claim(self, write_id: str, pause: Callable[[int], None]) -> int | None:
        """Claim the key before anything is given out; return the ticket when the request was carried out before.

        Waits for one that is being carried out at this moment. Raises KeyReused, StillInProgress.
        """
        item = self._item(claimed_by=write_id, claimed_until=self.now + BROKEN_OFF)
        for attempt in range(ATTEMPTS):
            if idempotency_key.claim(item, self.now):
                return None
            stored = idempotency_key.find(self.key)
            if stored is not None:
                self.check(stored)
                if stored.claimed_by is None:
                    return int(stored.value["ticket_id"])
            pause(attempt)
        raise StillInProgress

    def release(self, write_id: str) -> None:
        """Give up a claim after a failure; where the engine does not answer, it ends by itself."""
        try:
            idempotency_key.release(self.key, write_id)
        except EngineUnavailable:
            return

    def _item(self, **values: Any) -> IdempotencyKey:
        return IdempotencyKey(
            key=self.key, fingerprint=self.fingerprint, expires_at=self.now + REMEMBER, **values
        )


def _digest(*parts: object) -> str:
    return sha256(repr(parts).encode()).hexdigest()
