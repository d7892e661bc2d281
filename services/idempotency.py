"""Idempotency: a request that is sent again is carried out once, and its key stands for no other request."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Self

from models import idempotency_key as table
from models.idempotency_key import IdempotencyKey
from models.store_errors import EngineUnavailable
from services.errors import Conflicted, Contradictory
from services.users.identity import Actor

ATTEMPTS = 12
REMEMBER = timedelta(days=2)
BROKEN_OFF = timedelta(seconds=5)  # after which a claim is taken for one that nobody works on


class KeyReused(Contradictory):
    """The idempotency key was used for another request, which wrote to `ticket_id`; None when that is not known."""

    def __init__(self, ticket_id: int | None) -> None:
        super().__init__(
            "This idempotency key was used for another request before. Nothing was written. Send a new key."
        )
        self.ticket_id = ticket_id


class StillInProgress(Conflicted):
    """The same request is being carried out by somebody else; trying again is safe."""

    code = "still_in_progress"

    def __init__(self) -> None:
        super().__init__("The same request is still being carried out. Try again in a moment.")


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

    def used(self, **recorded: Any) -> IdempotencyKey:
        """Build the item to write with what the request wrote; `recorded` says what that was."""
        return self._item(value=recorded)

    def recorded(self) -> dict[str, Any] | None:
        """Return what the same request wrote before, None if it was not carried out; raises KeyReused for another."""
        stored = table.find(self.key)
        if stored is None:
            return None
        self.check(stored)
        return dict(stored.value) if stored.claimed_by is None else None

    def check(self, stored: IdempotencyKey) -> None:
        """Raise KeyReused when a key was used for another request."""
        if stored.fingerprint != self.fingerprint:
            raise KeyReused(stored.value.get("ticket_id"))

    def claim(self, write_id: str, pause: Callable[[int], None]) -> dict[str, Any] | None:
        """Claim the key before anything is given out; return what was recorded when it was carried out before.

        Waits for one that is being carried out at this moment. Raises KeyReused, StillInProgress.
        """
        item = self._item(claimed_by=write_id, claimed_until=self.now + BROKEN_OFF)
        for attempt in range(ATTEMPTS):
            if table.claim(item, self.now):
                return None
            stored = table.find(self.key)
            if stored is not None:
                self.check(stored)
                if stored.claimed_by is None:
                    return dict(stored.value)
            pause(attempt)
        raise StillInProgress

    def release(self, write_id: str) -> None:
        """Give up a claim after a failure; where the engine does not answer, it ends by itself."""
        try:
            table.release(self.key, write_id)
        except EngineUnavailable:
            return

    def _item(self, **values: Any) -> IdempotencyKey:
        return IdempotencyKey(
            key=self.key, fingerprint=self.fingerprint, expires_at=self.now + REMEMBER, **values
        )


class RequestReplay:
    """Carries out requests once whose writes do not take the key along: the key is claimed first and recorded after.

    If the process ends in between, a repeat is carried out again: it finds what is unique, such as an address or the
    id of a job, and an invitation is sent twice.
    """

    def __init__(self, new_id: Callable[[], str], pause: Callable[[int], None]) -> None:
        self._new_id, self._pause = new_id, pause

    def once(
        self,
        *,
        actor: Actor,
        now: datetime,
        idempotency_key: str,
        request: tuple[object, ...],
        carry_out: Callable[[], dict[str, Any]],
    ) -> dict[str, Any] | None:
        """Call `carry_out` and record what it returns; return what was recorded if the request is repeated, else None.

        Raises KeyReused, StillInProgress.
        """
        key, write_id = RequestKey.of(actor, now, idempotency_key, request), self._new_id()
        recorded = key.claim(write_id, self._pause)
        if recorded is not None:
            return recorded
        try:
            written = carry_out()
        except BaseException:
            key.release(write_id)
            raise
        table.record(key.used(**written))
        return None


def _digest(*parts: object) -> str:
    return sha256(repr(parts).encode()).hexdigest()
