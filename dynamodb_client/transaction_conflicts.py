"""Retrying a request that conflicts with a transaction on the same item: DynamoDB has written nothing.

Botocore raises the conflict of a single write to its caller. A transaction that is cancelled for the same
reason is not retried here: its caller reads again first.
"""

import secrets
from functools import partial
from typing import Any

from botocore.hooks import HierarchicalEmitter

_CODE = "TransactionConflictException"
_LONGEST_DELAY = 50  # milliseconds before the second attempt; twice that before the third


def install(events: HierarchicalEmitter, max_attempts: int) -> None:
    """Hook the retries into a client's events."""
    events.register("needs-retry.dynamodb", partial(delay, max_attempts))


def delay(max_attempts: int, response: Any, attempts: int, **_: Any) -> float | None:
    """Return the seconds to wait before another attempt, None for none (needs-retry event)."""
    if response is None or attempts >= max_attempts or response[1].get("Error", {}).get("Code") != _CODE:
        return None
    return secrets.randbelow(_LONGEST_DELAY << (attempts - 1)) / 1000
