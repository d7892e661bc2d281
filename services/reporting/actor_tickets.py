"""Tickets by actor: no index of the ledger has the actor, but the columnar copy does."""

from collections.abc import Iterator

from services.reporting.engine import AnalyticsEngine

PAGE_SIZE = 2_000
_TICKETS = """
SELECT DISTINCT ticket_id FROM read_parquet(?) WHERE actor_id = ? AND ticket_id > ? ORDER BY 1 LIMIT ?
"""


def tickets_by_actor(analytics: AnalyticsEngine, actor_id: str) -> Iterator[int]:
    """Iterate over the ids of all tickets that a user wrote to or changed; a few seconds behind the ledger.

    Raises CopyMissing, CopyDamaged, CopyBusy or TooLarge. Holds the copy only for one page at a time.
    """
    last = 0
    while True:
        with analytics.view() as view:
            files = (*view.manifest.closed, *view.manifest.recent)
            names = [str(view.folder / file.name) for file in files]
            rows = view.rows(_TICKETS, [names, actor_id, last, PAGE_SIZE]) if names else []
        yield from (ticket_id for (ticket_id,) in rows)
        if len(rows) < PAGE_SIZE:
            return
        last = rows[-1][0]
