"""The login throttle: it slows down whoever guesses passwords and cannot lock out the owner of an account.

It counts failures three ways: per account and network, per network, and per account. The first two make
their network wait, longer each time. The third makes nobody wait: under a distributed attack it only
lowers the number of tries that each network has for the account, so that the owner, who comes from another
network, still gets in. A browser that has signed in before sends a trusted-device token and is counted by
that token alone, so that not even somebody behind the same address can slow its owner down.
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
KINDS = ("", "code:", "reset:", "register:")  # what is tried with an address: a password, a code, an e-mail
ATTACK = 100  # failures of one account, wherever they come from


@dataclass(frozen=True)
class LoginAttempt:
    """Who tries: the account, the network, and the device if its token was valid."""

    account: str
    network: str
    device: str | None = None

    @property
    def pair(self) -> str:
        """Return the key that counts this account from this device or network."""
        here = f"device:{self.device}" if self.device else f"network:{self.network}"
        return f"pair:{_digest(self.account)}:{_digest(here)}"

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the keys of all counts that a failure adds to."""
        if self.device:
            return (self.pair,)
        return self.pair, f"network:{_digest(self.network)}", f"account:{_digest(self.account)}"


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
    """Counts failures and decides who has to wait."""

    def check(self, attempt: LoginAttempt, *, now: datetime) -> None:
        """Raise Throttled with the seconds to wait while it is too early for another try."""
        stored = attempt_table.find_many(attempt.keys)
        unexpired = {key: item for key, item in stored.items() if item.expires_at > now}
        free = self._free(attempt, unexpired)
        waits = [
            _wait(unexpired.get(key), tries, now) for key, tries in zip(attempt.keys, free, strict=False)
        ]
        longest = max(waits)
        if longest > timedelta(0):
            raise Throttled(int(longest.total_seconds()) + 1)

    def failed(self, attempt: LoginAttempt, *, now: datetime) -> None:
        """Count a failure."""
        known = attempt_table.find_many(attempt.keys)
        for key in attempt.keys:
            stale = key in known and known[key].expires_at <= now
            attempt_table.add_failure(key, now=now, expires_at=now + MEMORY, restart=stale)

    def succeeded(self, attempt: LoginAttempt) -> None:
        """Forget this account's failures from this device or network: its owner mistyped."""
        attempt_table.forget(attempt.pair)

    @staticmethod
    def failures(attempt: LoginAttempt) -> int:
        """Return how many failures of this account from this device or network still count."""
        item = attempt_table.find_many([attempt.pair]).get(attempt.pair)
        return int(item.failures) if item else 0

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

    @staticmethod
    def _free(attempt: LoginAttempt, attempts: dict[str, Attempt]) -> tuple[int, ...]:
        if attempt.device:
            return (FREE_TRIES,)
        account_total = attempts.get(attempt.keys[2])
        attacked = account_total is not None and account_total.failures >= ATTACK
        return (FREE_TRIES_UNDER_ATTACK if attacked else FREE_TRIES), FREE_TRIES_OF_NETWORK


def _wait(item: Attempt | None, free: int, now: datetime) -> timedelta:
    """Compute how much of the pause is left: one second after the last free try, doubled by each failure."""
    over = int(item.failures) - free if item is not None else -1
    if item is None or over < 0:
        return timedelta(0)
    pause = min(timedelta(seconds=2 ** min(over, 20)), LONGEST)
    return item.last_at + pause - now


def _digest(text: str) -> str:
    """Keep addresses and accounts out of the table."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
