"""Leases: one leader at a time for scheduled work."""

from datetime import datetime

from pynamodb.attributes import UnicodeAttribute

from dynamodb_client import Instant, LeanModel
from models.store_errors import VersionMoved, translated


class Lease(LeanModel):
    """Who leads a piece of scheduled work, and until when."""

    class Meta:
        table_name = "leases"

    name = UnicodeAttribute(hash_key=True)
    holder = UnicodeAttribute()
    until = Instant()


def acquire(name: str, holder: str, *, now: datetime, until: datetime) -> bool:
    """Take or renew a lease; False while somebody else holds it."""
    free = Lease.name.does_not_exist() | (Lease.until < now) | (Lease.holder == holder)
    try:
        with translated():
            Lease(name=name, holder=holder, until=until).save(condition=free)
    except VersionMoved:
        return False
    return True
