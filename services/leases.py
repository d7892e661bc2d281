"""Leases: of all workers, one at a time does what must be done by one alone."""

from datetime import datetime

from models import lease


def acquire(*, name: str, holder: str, now: datetime, until: datetime) -> bool:
    """Take or renew a lease; False while somebody else holds it."""
    return lease.acquire(name, holder, now=now, until=until)


def release(*, name: str, holder: str, now: datetime) -> None:
    """Let go of a lease, so that somebody else can take it at once; one that another holds stays theirs."""
    lease.acquire(name, holder, now=now, until=now)
