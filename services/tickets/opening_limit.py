"""The limit on opening tickets: so many per person and hour, on every page and by the API together."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from models import attempt
from models.transaction import Also
from services.errors import Throttled
from services.users.identity import SYSTEM, Actor

HOUR = timedelta(hours=1)
REMEMBERED = (
    1000  # people whose hour is full, so that refusing them costs neither a write nor a ticket number
)


class TooManyTickets(Throttled):
    """The person has opened as many tickets as one may within an hour."""

    code = "too_many_tickets"

    def __init__(self, most: int, seconds: int) -> None:
        super().__init__(seconds, f"You have opened {most:,} tickets within an hour, which is the limit.")


class OpeningLimit:
    """Counts the tickets that people open; an hour begins when the clock strikes, in every process alike.

    The count is part of the transaction that writes the ticket: what fails or is repeated does not count, and of
    requests at the same moment no more get through than of as many in a row.
    """

    def __init__(self, most: int) -> None:
        """Allow `most` tickets an hour, 0: any number."""
        self._most = most
        self._full: dict[str, datetime] = {}

    def check(self, actor: Actor, now: datetime) -> None:
        """Raise TooManyTickets for somebody who was refused before, until their hour is over."""
        until = self._full.get(actor.user_id)
        if until is not None and now < until:
            raise self._refusal(until, now)

    def counted(self, actor: Actor, now: datetime) -> Also:
        """Return what to write with a ticket that somebody opens; it is refused with attempt.CountFull."""
        if not self._most or actor.user_id == SYSTEM.user_id:
            return []
        begun = _hour(now)
        key = f"tickets:{sha256(actor.user_id.encode()).hexdigest()[:32]}:{begun:%Y-%m-%dT%H}"
        return [attempt.counted(key, most=self._most, now=now, expires_at=begun + HOUR)]

    def refused(self, actor: Actor, now: datetime) -> TooManyTickets:
        """Return the error for somebody whose hour is full, and remember that."""
        until = _hour(now) + HOUR
        if len(self._full) >= REMEMBERED:
            self._full.clear()
        self._full[actor.user_id] = until
        return self._refusal(until, now)

    def _refusal(self, until: datetime, now: datetime) -> TooManyTickets:
        whole_seconds = -int((now - until).total_seconds() // 1)
        return TooManyTickets(self._most, max(1, whole_seconds))


def _hour(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
