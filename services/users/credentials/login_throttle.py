"""The login throttle: it slows down whoever guesses passwords and cannot lock out the owner of an account.

It counts attempts three ways: per account and network, per network, and per account wherever they come from.
Each has a number of free attempts; after them every further one has to wait, longer each time. An attempt is
counted before the secret is looked at and given back if it was right, so that a burst of parallel ones gets no
further than as many in a row. A browser that has signed in before sends a trusted-device token and is counted
by that token alone: neither strangers who guess nor somebody behind the same address can slow its owner down.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol

from models import attempt as attempt_table
from models.attempt import Attempt
from services.errors import Throttled
from services.users.identity.actor import Actor

MEMORY = timedelta(hours=1)  # attempts are forgotten this long after the last one
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
TRIES = 5  # to count an attempt while others are counted at the same moment
KINDS = ("", "code:", "reset:", "register:")  # what is tried with an address: a password, a code, an e-mail


@dataclass(frozen=True)
class Limit:
    """Attempts that are free, and the pause before each further one, which doubles up to the longest."""

    free: int
    longest: timedelta
    shortest: timedelta = SECOND
    cleared: bool = False  # by a success, which otherwise only gives its own attempt back

    def wait(self, item: Attempt | None, now: datetime) -> timedelta:
        """Return how much of the pause is left."""
        over = int(item.failures) - self.free if item is not None and item.expires_at > now else -1
        if item is None or over < 0:
            return timedelta(0)
        pause: timedelta = min(self.shortest * 2 ** min(over, 20), self.longest)
        until: datetime = item.last_at + pause
        return until - now


OF_PAIR = Limit(5, 15 * MINUTE, cleared=True)  # of one account from one network, or from a trusted device
OF_NETWORK = Limit(50, 15 * MINUTE)  # an office shares one address
OF_ACCOUNT = Limit(
    50, MINUTE
)  # so that its owner, from a browser that we do not know, waits a minute at most
OF_MAILBOX = Limit(10, 15 * MINUTE)  # e-mails to one address: whoever asks, its owner gets the link
OF_CODES = Limit(100, MEMORY, shortest=MEMORY)  # codes for one account, then none until an hour has passed
OF_LINK = Limit(3, MEMORY, shortest=MEMORY)  # codes with one link


class Limited(Protocol):
    """What is counted: each key has its limit, and all must allow the attempt."""

    @property
    def limits(self) -> Mapping[str, Limit]:
        """Return the limits by key."""


@dataclass(frozen=True)
class LoginAttempt:
    """Who tries: the account, the network, and the device if its token was valid."""

    account: str
    network: str
    device: str | None = None
    of_account: Limit = OF_ACCOUNT

    @property
    def pair(self) -> str:
        """Return the key that counts this account from this device or network."""
        here = f"device:{self.device}" if self.device else f"network:{self.network}"
        return f"pair:{_digest(self.account)}:{_digest(here)}"

    @property
    def limits(self) -> Mapping[str, Limit]:
        """Return the limits that an attempt comes under: of a known device its own alone."""
        if self.device:
            return {self.pair: OF_PAIR}
        return {self.pair: OF_PAIR, self._network: OF_NETWORK, self._account: self.of_account}

    @property
    def queue_keys(self) -> tuple[str, ...]:
        """Return on whose behalf a password is hashed: the device's, or the network's and the account's."""
        return (self.pair,) if self.device else (self._network, self._account)

    @property
    def _network(self) -> str:
        return f"network:{_digest(self.network)}"

    @property
    def _account(self) -> str:
        return f"account:{_digest(self.account)}"


def proof_attempt(actor: Actor) -> LoginAttempt:
    """Count what a signed-in user proves by their session alone: whoever stole one slows only that one down."""
    return LoginAttempt(f"proof:{actor.user_id}", network_of(actor.address), actor.session_id)


@dataclass(frozen=True)
class CodeAttempt:
    """A code for an account, from wherever, or with one link that its owner received by e-mail."""

    user_id: str
    link: str | None = None

    @property
    def limits(self) -> Mapping[str, Limit]:
        """Return the limit of the account, or of the link."""
        if self.link is not None:
            return {f"link:{_digest(self.link)}": OF_LINK}
        return {f"codes:{_digest(self.user_id)}": OF_CODES}


def network_of(address: str | None) -> str:
    """Return the network of an address: the address itself, or the /64 that one IPv6 customer can choose from."""
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    mapped = getattr(ip, "ipv4_mapped", None)
    if mapped is not None or ip.version == 4:
        return str(mapped or ip)
    return str(ipaddress.ip_network((int(ip), 64), strict=False))


class LoginThrottle:
    """Counts attempts and decides who has to wait."""

    @contextmanager
    def attempt(self, who: Limited, *, now: datetime, failure: type[Exception]) -> Iterator[None]:
        """Count an attempt while the secret is checked; raises Throttled if it is too early for it.

        It stays counted if `failure` is raised inside: the secret was wrong. Otherwise it is given back.
        """
        counted = self._take(who, now)
        try:
            yield
        except failure:
            raise
        except BaseException:
            self._give_back(counted, now)
            raise
        self._give_back(counted, now, succeeded=True)

    def count(self, who: Limited, *, now: datetime) -> None:
        """Count what counts whether it succeeds or not, such as an e-mail; raises Throttled."""
        self._take(who, now)

    @staticmethod
    def forget(address: str) -> None:
        """Delete everything counted for an address, to erase its owner."""
        for account in (f"{kind}{address}" for kind in KINDS):
            attempt_table.forget_prefix(f"pair:{_digest(account)}:")
            attempt_table.forget_prefix(f"account:{_digest(account)}")

    @staticmethod
    def sweep(*, now: datetime, limit: int = 200) -> int:
        """Delete expired counts and return how many."""
        return attempt_table.sweep(now, limit)

    def _take(self, who: Limited, now: datetime) -> list["_Counted"]:
        limits = who.limits
        for _ in range(TRIES):
            stored = attempt_table.find_many(list(limits))
            wait = max(limit.wait(stored.get(key), now) for key, limit in limits.items())
            if wait > timedelta(0):
                raise Throttled(int(wait.total_seconds()) + 1)
            counted: list[_Counted] = []
            for key, limit in limits.items():
                seen = stored.get(key)
                if not _take_one(key, limit, seen, now):
                    break
                counted.append(_Counted(key, limit, seen))
            else:
                return counted
            self._give_back(counted, now)
        raise Throttled(1)

    @staticmethod
    def _give_back(counted: list["_Counted"], now: datetime, *, succeeded: bool = False) -> None:
        for one in counted:
            if succeeded and one.limit.cleared:
                attempt_table.forget(one.key)
            elif one.seen is None or not _restore(one.seen, one.limit, now):
                attempt_table.give_back(one.key)


@dataclass(frozen=True)
class _Counted:
    """A key under which an attempt was counted, and the count before it, if there was one."""

    key: str
    limit: Limit
    seen: Attempt | None


def _take_one(key: str, limit: Limit, seen: Attempt | None, now: datetime) -> bool:
    """Count an attempt under one key; False if the count is not as it was read, and has to be read again."""
    expires_at = now + MEMORY
    if seen is not None and seen.expires_at <= now:
        return attempt_table.take_turn(seen, failures=1, now=now, expires_at=expires_at)
    if seen is not None and seen.failures >= limit.free:
        return attempt_table.take_turn(seen, failures=int(seen.failures) + 1, now=now, expires_at=expires_at)
    return attempt_table.take_free(key, free=limit.free, now=now, expires_at=expires_at)


def _restore(seen: Attempt, limit: Limit, now: datetime) -> bool:
    """Undo a turn after a pause, so that the next one need not wait longer; False if others came since."""
    if seen.expires_at <= now or seen.failures < limit.free:
        return False
    taken = Attempt(key=seen.key, failures=int(seen.failures) + 1, last_at=now)
    return attempt_table.take_turn(
        taken, failures=int(seen.failures), now=seen.last_at, expires_at=seen.expires_at
    )


def _digest(text: str) -> str:
    """Keep addresses and accounts out of the table."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
