"""The copy over the real tables: what the change feed and a walk of the whole ledger give."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dynamodb_client import ConnectionOptions
from models.ticket_history import LedgerFeed, TicketHistory, feed_keys
from models.times import to_text
from services.reporting import AnalyticsEngine, ReportingService

NOW = datetime(2026, 11, 21, 23, 59, 58, tzinfo=UTC)  # so that recording goes on into the next day
TICKETS, VERSIONS, SHARDS = 150, 12, 3


@pytest.fixture
def analytics(tables: ConnectionOptions, tmp_path: Path) -> Iterator[AnalyticsEngine]:
    engine = AnalyticsEngine(tmp_path / "copy", LedgerFeed(SHARDS))
    yield engine
    engine.close()


def record_in_any_order() -> int:
    """Write the versions of many tickets in turns, as they would come from many people."""
    chance = random.Random(1)
    versions = dict.fromkeys(range(1, TICKETS + 1), 1)
    written = 0
    with TicketHistory.batch_write() as batch:
        while versions:
            ticket_id = chance.choice(list(versions))
            version = versions.pop(ticket_id)
            if version < VERSIONS:
                versions[ticket_id] = version + 1
            written += 1
            at = NOW + timedelta(milliseconds=2 * written)
            state = {
                "status": "open" if version < VERSIONS else "solved",
                "created_at": to_text(at if version == 1 else NOW),
                "reopens": 0,
            }
            batch.save(
                TicketHistory(
                    ticket_id=ticket_id, version=version, at=at, actor_id="a", actor_kind="agent",
                    kind="changed", public=True, changes={}, state=state, write_id=f"{ticket_id}-{version}",
                    **feed_keys(ticket_id, version, at, SHARDS),
                )
            )  # fmt: skip
    return written


def test_following_and_rebuilding_agree_on_the_real_engine(analytics: AnalyticsEngine) -> None:
    analytics.rebuild(now=NOW)
    written = record_in_any_order()
    followed = analytics.follow(now=NOW + timedelta(minutes=1))
    assert (followed.added, followed.gaps) == (written, 0)
    summary = ReportingService(analytics).summary()
    assert (summary["tickets"], summary["history_items"]) == (TICKETS, TICKETS * VERSIONS)
    assert summary["by_status"] == {"solved": TICKETS}
    rebuilt = analytics.rebuild(now=NOW + timedelta(minutes=1))
    assert (rebuilt.added, rebuilt.gaps) == (written, 0)
    assert ReportingService(analytics).summary() == summary
