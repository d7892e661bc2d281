"""The outbox: deliveries written with the change that causes them, made at least once by the worker."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

import structlog

from models import outbox as outbox_table
from models.outbox import Outbox as Entry
from services.mail import MailDelayed, MailRefused

AT_A_TIME = 50
SHORTEST, LONGEST = timedelta(seconds=10), timedelta(hours=1)
GIVE_UP = 20  # attempts, which take most of a day

Deliver = Callable[[Mapping[str, Any], str, datetime], None]
# Entries that an earlier version wrote wait under the name that their kind had then.
RENAMED_KINDS = {"letter": "account_email"}

log = structlog.get_logger()


class Outbox:
    """Takes deliveries and makes them when they are due."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._delivers: dict[str, Deliver] = {}

    def register(self, kind: str, deliver: Deliver) -> None:
        """Say who delivers a kind: a function of (payload, id, now) that is safe to run twice."""
        self._delivers[kind] = deliver

    def entry(self, kind: str, payload: dict[str, Any], *, now: datetime) -> Entry:
        """Build a delivery that is due at once, to be written with what causes it."""
        return outbox_table.entry(kind, payload, due=now, id_=self._new_id())

    def put(self, kind: str, payload: dict[str, Any], *, now: datetime) -> None:
        """Write a delivery that goes with no other write."""
        outbox_table.put(self.entry(kind, payload, now=now))

    def deliver_due(self, *, now: datetime, stopping: Callable[[], bool] = lambda: False) -> int:
        """Make what is due, and return how many arrived; one that fails waits longer each time.

        `stopping` is checked between two deliveries; the next run delivers what is left.
        """
        due = takewhile(lambda _: not stopping(), outbox_table.due(now, AT_A_TIME))
        return sum(self._deliver(item, now) for item in due)

    def _deliver(self, item: Entry, now: datetime) -> bool:
        facts = {"kind": item.kind, "delivery": item.entry_id, "attempt": int(item.attempts) + 1}
        try:
            self._delivers[RENAMED_KINDS.get(item.kind, item.kind)](item.payload, item.entry_id, now)
        except MailRefused as refused:
            log.error("delivery_refused", **facts, error=str(refused))
        except MailDelayed as delayed:
            if item.attempts + 1 < GIVE_UP:
                log.warning("delivery_delayed", **facts, error=str(delayed))
                outbox_table.reschedule(item, until=now + _pause(int(item.attempts)))
                return False
            log.error("delivery_given_up", **facts, error=str(delayed))
        except Exception as error:
            log.error("delivery_failed", **facts, exc_info=error)
            outbox_table.reschedule(item, until=now + LONGEST)
            return False
        else:
            log.info("delivered", **facts)
        outbox_table.done(item)
        return True


def _pause(attempts: int) -> timedelta:
    return min(SHORTEST * (1 << min(attempts, 10)), LONGEST)
