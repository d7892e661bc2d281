"""Through an engine that fails in each of seven ways every tenth time: nothing is lost, doubled or halved.

`FAULT_OPERATIONS` says how many operations; `make test-deep` runs 20,000. See docs/faults.md.
"""

import math
import time
from datetime import UTC, datetime, timedelta

import pytest

from pynamodb_grid.tests.depth import DEEP
from tests.faults.checks import broken_promises, miscounted, not_whole, stored_history
from tests.faults.random_faults import FAULTS
from tests.faults.run import ASKED, RATE, run, tell

OPERATIONS = int(ASKED or (20_000 if DEEP else 250))


@pytest.mark.takes(3 + OPERATIONS / 30)
def test_nothing_is_lost_doubled_or_halved(site, proxy, capsys):
    begun = time.monotonic()
    done = run(site, proxy, operations=OPERATIONS, seed=1)
    tell(capsys, seconds=round(time.monotonic() - begun, 1), **done.figures())
    assert proxy.broken == []
    assert done.unexpected == []
    history = stored_history()
    assert broken_promises(done.writes, history) == []
    assert not_whole(history) == []
    assert site.services.tickets.audit.verify().shown == []
    for fault in FAULTS:
        met, possible = done.met.done[fault], done.met.possible[fault]
        usual = math.sqrt(possible * RATE * (1 - RATE))
        assert met > 0
        assert abs(met - possible * RATE) < 5 * usual, f"{fault}: {met} of {possible}"
    acknowledged = sum(write.outcome == "done" for write in done.writes)
    assert acknowledged > len(done.writes) / 2, "or the product refuses to work"
    # The worker's own look back over a whole minute, which finds what an index showed too late.
    later = datetime.now(UTC) + timedelta(minutes=2)
    site.services.reporting.analytics.follow(now=later)
    assert miscounted(site.services.reporting.reports.summary(), history) == []
