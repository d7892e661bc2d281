"""The brake on guessing passwords: it slows a guesser down and cannot lock an owner out.

Three counts of failures: of one account from one network, of one network, of one account. The first two
make their network wait, longer each time. The third makes nobody wait; under a distributed attack it only
lowers the number of tries each network has for that account, so that the owner, who comes from a network
of their own, still gets in. A browser that signed in before proves it by a signed mark and is counted by
that mark alone, so that not even a neighbour behind the same address can slow its owner down.
"""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from models import attempt as attempt_table
from models.attempt import Attempt
from services.errors import Throttled

MEMORY = timedelta(hours=1)  # failures are forgotten this long after the last one
LONGEST = timedelta(minutes=15)
FREE_TRIES = 5  # of one account from one network
FREE_TRIES_UNDER_ATTACK = 2
FREE_TRIES_OF_NETWORK = 50  # an office shares one address
KINDS = ("", "code:", "reset:", "register:")  # what is tried at an address: a password, a code, a letter
ATTACK = 100  # failures of one account, wherever they come from


@dataclass(frozen=True)
class LoginAttempt:
    """Who tries: the account named, the network it comes from, and a browser's mark when it has one."""

    account: str
    network: str
    device: str | None = None

    @property
    def pair(self) -> str:
        """Name the count of this account from here."""
        here = f"device:{self.device}" if self.device else f"network:{self.network}"
        return f"pair:{_digest(self.account)}:{_digest(here)}"

    @property
    def keys(self) -> tuple[str, ...]:
        """Name all counts that a failure adds to."""
        if self.device:
            return (self.pair,)
        return self.pair, f"network:{_digest(self.network)}", f"account:{_digest(self.account)}"


def network_of(address: str | None) -> str:
    """Name the network of an address: itself, or the /64 that one IPv6 customer has to choose from."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    mapped = getattr(found, "ipv4_mapped", None)
    if mapped is not None or found.version == 4:
        return str(mapped or found)
    return str(ipaddress.ip_network((int(found), 64), strict=False))


class LoginThrottle:
    """Counts failures and says who has to wait."""

    def check(self, who: LoginAttempt, *, now: datetime) -> None:
        """Raise Throttled, with the seconds to wait, while it is too early for another try."""
        found = attempt_table.find_many(who.keys)
        fresh = {key: item for key, item in found.items() if item.expires_at > now}
        free = self._free(who, fresh)
        waits = [_wait(fresh.get(key), tries, now) for key, tries in zip(who.keys, free, strict=False)]
        longest = max(waits)
        if longest > timedelta(0):
            raise Throttled(int(longest.total_seconds()) + 1)

    def failed(self, who: LoginAttempt, *, now: datetime) -> None:
        """Count a failure."""
        known = attempt_table.find_many(who.keys)
        for key in who.keys:
            stale = key in known and known[key].expires_at <= now
            attempt_table.add_failure(key, now=now, expires_at=now + MEMORY, restart=stale)

    def succeeded(self, who: LoginAttempt) -> None:
        """Forget the failures of this account from here: its owner mistyped."""
        attempt_table.forget(who.pair)

    @staticmethod
    def failures(who: LoginAttempt) -> int:
        """Count the failures of this account from here that are not forgotten."""
        found = attempt_table.find_many([who.pair]).get(who.pair)
        return int(found.failures) if found else 0

    @staticmethod
    def forget(address: str) -> None:
        """Drop everything counted about one address, for erasing its owner."""
        for account in (f"{kind}{address}" for kind in KINDS):
            attempt_table.forget_prefix(f"pair:{_digest(account)}:")
            attempt_table.forget_prefix(f"account:{_digest(account)}")

    @staticmethod
    def sweep(*, now: datetime, limit: int = 200) -> int:
        """Delete counts that have expired; returns how many."""
        return attempt_table.sweep(now, limit)

    @staticmethod
    def _free(who: LoginAttempt, found: dict[str, Attempt]) -> tuple[int, ...]:
        if who.device:
            return (FREE_TRIES,)
        whole = found.get(who.keys[2])
        attacked = whole is not None and whole.failures >= ATTACK
        return (FREE_TRIES_UNDER_ATTACK if attacked else FREE_TRIES), FREE_TRIES_OF_NETWORK


def _wait(item: Attempt | None, free: int, now: datetime) -> timedelta:
    """Compute what is left of the pause: one second after the last free try, doubled by each failure."""
    over = int(item.failures) - free if item is not None else -1
    if item is None or over < 0:
        return timedelta(0)
    pause = min(timedelta(seconds=2 ** min(over, 20)), LONGEST)
    return item.last_at + pause - now


def _digest(text: str) -> str:
    """Keep addresses and accounts out of the table."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
