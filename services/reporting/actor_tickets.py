"""Where somebody had a hand: no index of the ledger goes by who did it, its columnar copy does."""

from collections.abc import Iterator

from services.reporting.engine import AnalyticsEngine

AT_A_TIME = 2_000
_TICKETS = """
SELECT DISTINCT ticket_id FROM read_parquet(?) WHERE actor_id = ? AND ticket_id > ? ORDER BY 1 LIMIT ?
"""


def tickets_by_actor(analytics: AnalyticsEngine, actor_id: str) -> Iterator[int]:
    """Walk the ids of all tickets a person wrote to or changed; a few seconds behind the ledger.

    Raises CopyMissing, CopyDamaged, CopyBusy or TooLarge. Lends the copy for a moment at a time.
    """
    last = 0
    while True:
        with analytics.view() as view:
            files = (*view.manifest.closed, *view.manifest.recent)
            names = [str(view.folder / file.name) for file in files]
            rows = view.rows(_TICKETS, [names, actor_id, last, AT_A_TIME]) if names else []
        yield from (ticket_id for (ticket_id,) in rows)
        if len(rows) < AT_A_TIME:
            return
        last = rows[-1][0]
