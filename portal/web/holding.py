"""Answers that are held back until something happens, without a thread that waits.

A view that has nothing to tell yet finishes its answer as usual and asks to hold it. The worker keeps it: when
something happens the request is carried out again, and when the time is up the answer is sent as it is.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock, Thread

import structlog
from flask import request

from portal.web.response_buffer import ResponseBuffer

LOOK_EVERY = 1.0  # seconds, as long as somebody waits
NOBODY_WAITS_AFTER = 5.0

log = structlog.get_logger()


@dataclass
class Arrivals:
    """Tells whether something has happened, by looking at what was last; one per process and kind of event."""

    latest: Callable[[], object]
    number: int = 0
    _last: object = None
    _wanted_until: float = 0.0
    _thread: Thread | None = None
    _lock: Lock = field(default_factory=Lock)

    def watch(self, seconds: float) -> int:
        """Look for what happens for some seconds from now on; return the number that stands for the present."""
        with self._lock:
            self._wanted_until = max(self._wanted_until, time.monotonic() + seconds + NOBODY_WAITS_AFTER)
            if self._thread is None:
                self._last = self.latest()
                self._thread = Thread(target=self._look, name="arrivals", daemon=True)
                self._thread.start()
            return self.number

    def _look(self) -> None:
        while True:
            time.sleep(LOOK_EVERY)
            with self._lock:
                if time.monotonic() > self._wanted_until:
                    self._thread = None
                    return
            try:
                latest = self.latest()
            except Exception as error:
                log.warning("arrivals_not_seen", error=type(error).__name__)
                continue
            if latest != self._last:
                self._last = latest
                self.number += 1


def hold(seconds: float, arrivals: Arrivals, number: int) -> None:
    """Hold the answer of this request for some seconds, or until the number of arrivals changes.

    A request that is carried out again keeps its first deadline. Where the server cannot hold, nothing happens.
    """
    buffer = request.environ.get("gunicorn.socket")
    if isinstance(buffer, ResponseBuffer):
        buffer.hold(seconds, lambda: arrivals.number != number)
