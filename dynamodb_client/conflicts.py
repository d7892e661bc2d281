"""Trying again what met a transaction on its item: DynamoDB wrote nothing, and the other is done in a moment.

Botocore leaves a single write that is refused so to its caller. A transaction that is cancelled for the same
reason is its writer's affair, who reads again first.
"""

import secrets
from functools import partial
from typing import Any

from botocore.hooks import HierarchicalEmitter

_CODE = "TransactionConflictException"
_LONGEST = 50  # milliseconds before the second attempt; twice that before the third


def install(events: HierarchicalEmitter, max_attempts: int) -> None:
    """Hook the retries into a client's events."""
    events.register("needs-retry.dynamodb", partial(delay, max_attempts))


def delay(max_attempts: int, response: Any, attempts: int, **_: Any) -> float | None:
    """Return the seconds to wait before another attempt, None for none (needs-retry event)."""
    if response is None or attempts >= max_attempts or response[1].get("Error", {}).get("Code") != _CODE:
        return None
    return secrets.randbelow(_LONGEST << (attempts - 1)) / 1000
