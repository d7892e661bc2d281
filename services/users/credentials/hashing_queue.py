"""The queue for password hashes: nobody who sends many requests makes others wait for all of them.

Hashes are taken round robin among those who wait, by network and by account (start-time fair queueing): in each
round, every network and every account has one. Whoever comes with a first request joins the present round and
waits for one request of each other at most. Who waits holds a thread, so each may have only a few requests
waiting; where all places are taken, the request that would be served last gives way.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock

from services.errors import Throttled

MAX_CONCURRENT = 2
MAX_WAITING = 6  # of gunicorn's sixteen threads: the others keep serving pages
MAX_WAITING_OF_ONE = 4  # of one network, account or trusted device
RETRY_SECONDS = 2


class QueueFull(Throttled):
    """Too many passwords are being checked right now."""

    def __init__(self) -> None:
        super().__init__(RETRY_SECONDS, "Many people are signing in right now.")


@dataclass(eq=False)
class Ticket:
    """One waiting request: whose it is, its round, and what its thread waits for."""

    keys: frozenset[str]
    round: int
    called: Event = field(default_factory=Event)
    refused: bool = False


class FairOrder:
    """Who is next; knows nothing of threads."""

    def __init__(self, *, places: int = MAX_WAITING, places_of_one: int = MAX_WAITING_OF_ONE) -> None:
        self._places, self._places_of_one = places, places_of_one
        self._waiting: list[Ticket] = []  # in the order of their arrival
        self._round = 0  # of the last ticket called
        self._served: set[str] = set()  # in this round

    def __len__(self) -> int:
        return len(self._waiting)

    def start(self, keys: Collection[str]) -> None:
        """Begin a round with a request that need not wait, because nobody else does."""
        self._round, self._served = self._round + 1, set(keys)

    def join(self, keys: Collection[str]) -> tuple[Ticket, Ticket | None]:
        """Let a request wait; returns its ticket and the one that gives way to it, if any. Raises QueueFull."""
        displaced = self.check(keys)
        ticket = Ticket(frozenset(keys), self._round_for(keys))
        if displaced is not None:
            self._waiting.remove(displaced)
        self._waiting.append(ticket)
        return ticket, displaced

    def check(self, keys: Collection[str]) -> Ticket | None:
        """Raise QueueFull if there is no place for a request; returns the ticket that would give way to it, if any."""
        if any(sum(key in ticket.keys for ticket in self._waiting) >= self._places_of_one for key in keys):
            raise QueueFull
        if len(self._waiting) < self._places:
            return None
        last = max(reversed(self._waiting), key=lambda waiting: waiting.round)
        if last.round <= self._round_for(keys):
            raise QueueFull
        return last

    def call(self) -> Ticket | None:
        """Return whose turn it is, None if nobody waits."""
        if not self._waiting:
            return None
        ticket = min(self._waiting, key=lambda waiting: waiting.round)
        self._waiting.remove(ticket)
        if ticket.round > self._round:
            self._round = ticket.round
            self._served.clear()
        self._served |= ticket.keys
        return ticket

    def _round_for(self, keys: Collection[str]) -> int:
        """Return the round after the last one that one of these keys has a request in, or the present one."""
        rounds = [waiting.round for waiting in self._waiting if not waiting.keys.isdisjoint(keys)]
        if not self._served.isdisjoint(keys):
            rounds.append(self._round)
        return max(rounds) + 1 if rounds else self._round


class HashingQueue:
    """Lets a few threads of this process hash at a time, in a fair order."""

    def __init__(self, order: FairOrder | None = None, *, concurrent: int = MAX_CONCURRENT) -> None:
        self._order = order or FairOrder()
        self._lock, self._free = Lock(), concurrent

    @contextmanager
    def turn(self, keys: Collection[str]) -> Iterator[None]:
        """Wait for a turn; `keys` say on whose behalf. Raises QueueFull."""
        ticket = self._join(keys)
        if ticket is not None:
            ticket.called.wait()
            if ticket.refused:
                raise QueueFull
        try:
            yield
        finally:
            self._leave()

    def check(self, keys: Collection[str]) -> None:
        """Raise QueueFull if a request had no place now."""
        with self._lock:
            if not self._free:
                self._order.check(keys)

    def _join(self, keys: Collection[str]) -> Ticket | None:
        """Return the ticket to wait with, None if it is this request's turn at once."""
        with self._lock:
            if self._free:
                self._free -= 1
                self._order.start(keys)
                return None
            ticket, displaced = self._order.join(keys)
            if displaced is not None:
                displaced.refused = True
                displaced.called.set()
            return ticket

    def _leave(self) -> None:
        with self._lock:
            following = self._order.call()
            if following is None:
                self._free += 1
            else:
                following.called.set()
