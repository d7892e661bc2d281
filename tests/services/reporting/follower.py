"""A process of its own that follows a growing ledger as fast as it can, until somebody kills it.

Usage: python -m tests.services.reporting.follower FOLDER TICKETS
"""

import sys
from datetime import timedelta
from pathlib import Path

from services.reporting import AnalyticsEngine
from tests.services.reporting.ledgers import START, MemoryLedger, busy_desk, recorded_in_turn


def main() -> None:
    """Follow from wherever the folder stands; a line on stdout says that it has begun."""
    ledger = MemoryLedger(recorded_in_turn(busy_desk(int(sys.argv[2])), START))
    engine = AnalyticsEngine(Path(sys.argv[1]), ledger, recent_rows=60)
    events = ledger.events
    ledger.events = []
    if not Path(sys.argv[1], "manifest.json").exists():
        engine.rebuild(now=START)
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    with engine.view() as view:
        ((known,),) = view.rows("SELECT coalesce(max(recorded_at), 0) FROM tickets")
    done = sum(1 for event in events if event.recorded_at.timestamp() * 1e6 <= known)
    for count in range(done, len(events) + 1, 7):
        ledger.events = events[: count + 7]
        engine.follow(now=START + timedelta(seconds=min(count + 7, len(events))))
    sys.stdout.write("done\n")


if __name__ == "__main__":
    main()
