"""The outbox: deliveries written with the change that causes them, made at least once by the worker."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import takewhile
from threading import Lock
from typing import Any

import structlog

from models import outbox as outbox_table
from models.outbox import Outbox as Entry
from services.mail import MailDelayed, MailRefused, MailUnreachable

AT_A_TIME = 50
SENDERS = 8  # each waits for the mail server most of the time
SHORTEST, LONGEST = timedelta(seconds=10), timedelta(hours=1)
LONGEST_PAUSE = timedelta(minutes=2)
GIVE_UP_AFTER = timedelta(days=1)
KEEP_FAILED = timedelta(days=30)
# While one worker delivers, no other tries; longer than a mail server that answers at all takes for one message.
CLAIM = timedelta(minutes=2)

Deliver = Callable[[Mapping[str, Any], str, datetime], None]

log = structlog.get_logger()


class DeliveryKind(StrEnum):
    """What is delivered, by the name under which it is stored, with its label on the page of emails."""

    label: str

    def __new__(cls, value: str, label: str = "") -> "DeliveryKind":
        """Make a member that is its stored name, with the words for people beside it."""
        member = str.__new__(cls, value)
        member._value_, member.label = value, label
        return member

    ACCOUNT_EMAIL = "account_email", "Account email"
    NOTICE = "notice", "Notice about an account"
    RESET = "reset", "Link for a new password"
    REGISTRATION = "registration", "Registration"
    TICKET_EMAIL = "ticket_email", "Ticket"
    REPLY_ANSWER = "reply_answer", "Answer to a reply about"


# Entries that an earlier version wrote wait under the name that their kind had then.
RENAMED_KINDS = {"letter": DeliveryKind.ACCOUNT_EMAIL}


def present_kind(stored: str) -> DeliveryKind | None:
    """Return the kind of a stored entry, None for one that this version does not know."""
    return RENAMED_KINDS.get(stored) or next((kind for kind in DeliveryKind if kind == stored), None)


class Outbox:
    """Takes deliveries and makes them when they are due."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._delivers: dict[DeliveryKind | None, Deliver] = {}
        self._paused_until = datetime.min.replace(tzinfo=UTC)
        self._pauses = 0
        self._pausing = Lock()

    def register(self, kind: DeliveryKind, deliver: Deliver) -> None:
        """Say who delivers a kind: a function of (payload, id, now) that is safe to run twice."""
        self._delivers[kind] = deliver

    def entry(
        self, kind: DeliveryKind, payload: dict[str, Any], *, now: datetime, id_: str | None = None
    ) -> Entry:
        """Build a delivery that is due at once, to be written with what causes it; it gets an id unless it has one."""
        return outbox_table.entry(str(kind), payload, due=now, id_=id_ or self._new_id())

    def put(self, kind: DeliveryKind, payload: dict[str, Any], *, now: datetime) -> None:
        """Write a delivery that goes with no other write."""
        outbox_table.put(self.entry(kind, payload, now=now))

    def deliver_due(self, *, now: datetime, stopping: Callable[[], bool] = lambda: False) -> int:
        """Make what is due, and return how many arrived; one that fails waits longer each time.

        Deliveries about one ticket are made one after the other, so that they arrive in their order. `stopping` is
        checked between two deliveries; the next run makes what is left. While the mail server takes no message at
        all, the others are not tried for a while: the first one finds out.
        """
        groups: dict[object, list[Entry]] = {}
        for item in outbox_table.due(now, AT_A_TIME) if now >= self._paused_until else ():
            groups.setdefault(item.payload.get("ticket_id", item.entry_id), []).append(item)

        def deliver(items: Iterable[Entry]) -> int:
            going_on = takewhile(lambda _: not stopping() and now >= self._paused_until, items)
            return sum(self._deliver(item, now) for item in going_on)

        first, *others = groups.values() or [[]]
        arrived = deliver(first)
        if not others:
            return arrived
        with ThreadPoolExecutor(SENDERS, thread_name_prefix="outbox") as pool:
            return arrived + sum(pool.map(deliver, others))

    def behind(self, *, now: datetime) -> float:
        """Return how many seconds the oldest delivery that has not arrived waits for."""
        return max(
            ((now - item.since).total_seconds() for item in outbox_table.waiting(AT_A_TIME)), default=0.0
        )

    def sweep(self, *, now: datetime) -> int:
        """Delete what was given up a month ago; returns how many."""
        old = outbox_table.failed_before(now - KEEP_FAILED, AT_A_TIME)
        for item in old:
            outbox_table.done(item)
        return len(old)

    def _deliver(self, item: Entry, now: datetime) -> bool:
        """Make one delivery, and tell whether it arrived."""
        if not outbox_table.claim(item, now=now, until=now + CLAIM):
            return False
        facts = {"kind": item.kind, "delivery": item.entry_id, "attempt": int(item.attempts)}
        try:
            self._delivers[present_kind(item.kind)](item.payload, item.entry_id, now)
        except MailRefused as refused:
            log.error("delivery_refused", **facts, error=str(refused))
            outbox_table.give_up(item, at=now, error=f"refused by the mail server: {refused}")
        except MailDelayed as delayed:
            log.warning("delivery_delayed", **facts, error=str(delayed))
            if isinstance(delayed, MailUnreachable):
                self._pause(now)
            _postpone(item, now, facts, str(delayed), _wait(int(item.attempts) - 1, LONGEST))
        except Exception as error:
            log.error("delivery_failed", **facts, exc_info=error)
            _postpone(item, now, facts, type(error).__name__, LONGEST)
        else:
            log.info("delivered", **facts)
            self._pauses = 0
            outbox_table.done(item)
            return True
        return False

    def _pause(self, now: datetime) -> None:
        """Try no other delivery for a while: one attempt can take long, and the worker has other work."""
        with self._pausing:
            if now >= self._paused_until:
                self._paused_until = now + _wait(self._pauses, LONGEST_PAUSE)
                self._pauses += 1


def _postpone(item: Entry, now: datetime, facts: Mapping[str, Any], error: str, wait: timedelta) -> None:
    """Try again later, or give up a delivery that was asked for too long ago."""
    if now - item.since >= GIVE_UP_AFTER:
        log.error("delivery_given_up", **facts, error=error)
        outbox_table.give_up(item, at=now, error=error)
        return
    outbox_table.reschedule(item, until=now + wait, error=error)


def _wait(failures: int, longest: timedelta) -> timedelta:
    return min(SHORTEST * (1 << min(failures, 10)), longest)
