"""The ledger: one item per change of a ticket, keyed by the version it made."""

import heapq
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection

from dynamodb_client import Instant, Json, LeanModel
from models.store_errors import translated
from models.times import to_text


class ByTime(GlobalSecondaryIndex["TicketHistory"]):
    """The change feed, in the order of recording: (recorded day # shard, recorded_at # ticket # version)."""

    class Meta:
        index_name = "by_time"
        projection = IncludeProjection(["at", "actor_id", "actor_kind", "kind", "public", "state"])

    feed = UnicodeAttribute(hash_key=True)
    feed_at = UnicodeAttribute(range_key=True)


class TicketHistory(LeanModel):
    """One change: what happened, who did it, and the ticket's reportable state after it.

    `write_id` names the attempt that wrote it, so that a writer whose answer got lost can tell its own
    change from somebody else's. `undoes` is the version that this one took back.
    """

    class Meta:
        table_name = "ticket_history"

    ticket_id = NumberAttribute(hash_key=True)
    version = NumberAttribute(range_key=True)
    at = Instant()
    actor_id = UnicodeAttribute()
    actor_kind = UnicodeAttribute()
    kind = UnicodeAttribute()
    public = BooleanAttribute()
    body = UnicodeAttribute(null=True)
    changes = Json[dict[str, list[Any]]]()
    state = Json[dict[str, Any]]()
    write_id = UnicodeAttribute()
    undoes = NumberAttribute(null=True)
    feed = UnicodeAttribute()
    feed_at = UnicodeAttribute()
    by_time = ByTime()


def feed_keys(ticket_id: int, version: int, recorded_at: datetime, shards: int) -> dict[str, Any]:
    """Compute the two keys that place a history item in the change feed."""
    text = to_text(recorded_at)
    return {"feed": f"{text[:10]}#{ticket_id % shards}", "feed_at": f"{text}#{ticket_id:012d}#{version:08d}"}


def of_ticket(ticket_id: int, *, after: int = 0) -> list[TicketHistory]:
    """List a ticket's changes after a version, oldest first, with strong consistency."""
    with translated():
        return list(TicketHistory.query(ticket_id, TicketHistory.version > after, consistent_read=True))


def find(ticket_id: int, version: int) -> TicketHistory | None:
    """Read one change with strong consistency; None when there is none."""
    with translated():
        try:
            return TicketHistory.get(ticket_id, version, consistent_read=True)
        except TicketHistory.DoesNotExist:
            return None


def recorded_since(
    since: datetime, until: datetime, shards: int, page_size: int = 1000
) -> Iterator[TicketHistory]:
    """Follow the change feed from `since` (inclusive) to `until`, day by day, shard by shard.

    Within one shard of a day items come in the order of recording; the body and changes are not part
    of the feed. Reads an index, so the newest items can be missing: callers overlap their windows.
    """
    day, last, start = since.date(), until.date(), to_text(since)
    while day <= last:
        for shard in range(shards):
            with translated():
                yield from TicketHistory.by_time.query(
                    f"{day.isoformat()}#{shard}", TicketHistory.feed_at >= start, page_size=page_size
                )
        day += timedelta(days=1)


def recorded_in_order(
    since: str, until: datetime, shards: int, page_size: int = 250
) -> Iterator[TicketHistory]:
    """Follow the change feed from a `feed_at` (inclusive) in the order of recording, over all shards.

    Reads the index page by page, as far as it is asked to; the newest items can be missing.
    """
    day, last = date.fromisoformat(since[:10]), until.date()
    while day <= last:
        walks = [
            TicketHistory.by_time.query(
                f"{day.isoformat()}#{shard}", TicketHistory.feed_at >= since, page_size=page_size
            )
            for shard in range(shards)
        ]
        with translated():
            yield from heapq.merge(*walks, key=lambda item: item.feed_at)
        day += timedelta(days=1)


def latest_keys(day: date, shards: int) -> list[str | None]:
    """Return the last key of each shard of a day in the change feed, None for one without changes."""
    with translated():
        walks = [
            TicketHistory.by_time.query(f"{day.isoformat()}#{shard}", scan_index_forward=False, limit=1)
            for shard in range(shards)
        ]
        return [next((item.feed_at for item in walk), None) for walk in walks]


def find_all(keys: Collection[tuple[int, int]]) -> dict[tuple[int, int], TicketHistory]:
    """Read changes by (ticket, version), strongly; those that do not exist are left out."""
    with translated():
        items = TicketHistory.batch_get(list(keys), consistent_read=True)
        return {(int(item.ticket_id), int(item.version)): item for item in items}


def everything(page_size: int = 1000) -> Iterator[TicketHistory]:
    """Walk the whole ledger, ticket by ticket in version order; for rebuilds and checks only."""
    with translated():
        yield from TicketHistory.scan(page_size=page_size)


@dataclass(frozen=True)
class LedgerFeed:
    """The ledger as the reporting domain follows it."""

    shards: int

    def recorded_since(self, since: datetime, until: datetime) -> Iterator[TicketHistory]:
        """Follow the change feed; see `recorded_since`."""
        return recorded_since(since, until, self.shards)

    def of_ticket(self, ticket_id: int) -> list[TicketHistory]:
        """List a ticket's changes, oldest first."""
        return of_ticket(ticket_id)

    def everything(self) -> Iterator[TicketHistory]:
        """Walk the whole ledger."""
        return everything()
