"""Through an engine that fails in each of seven ways every tenth time: nothing is lost, doubled or halved.

`FAULT_OPERATIONS` says how many operations; `make test-faults` runs 20,000. See docs/faults.md.
"""

import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta

from tests.faults.checks import broken_promises, miscounted, not_whole, stored_history
from tests.faults.run import RATE, run
from tests.faults.trouble import FAULTS

ASKED = os.environ.get("FAULT_OPERATIONS")
OPERATIONS = int(ASKED or 350)


def test_nothing_is_lost_doubled_or_halved(site, proxy, capsys):
    begun = time.monotonic()
    done = run(site, proxy, operations=OPERATIONS, seed=1)
    seconds = time.monotonic() - begun
    if ASKED:
        with capsys.disabled():
            sys.stdout.write(json.dumps({"seconds": round(seconds, 1), **done.figures()}, indent=2) + "\n")
    assert proxy.broken == []
    assert done.strange == []
    history = stored_history()
    assert broken_promises(done.wishes, history) == []
    assert not_whole(history) == []
    assert site.services.audit.verify().shown == []
    for fault in FAULTS:
        share = done.met.done[fault] / done.met.possible[fault]
        assert RATE / 2 < share < RATE * 2, f"{fault} met {share:.1%} of the requests that it could meet"
    acknowledged = sum(wish.outcome == "done" for wish in done.wishes)
    assert acknowledged > len(done.wishes) / 2, "or the product refuses to work"
    # The worker's own look back over a whole minute, which finds what an index showed too late.
    later = datetime.now(UTC) + timedelta(minutes=2)
    site.services.analytics.follow(now=later)
    assert miscounted(site.services.reports.summary(), history) == []
