"""A small cache for what is read on every request and may be a few seconds old.

Whoever changed something sees it at once, in every process: what they ask next is answered by nothing that was
read before their change.
"""

import time
from collections.abc import Callable, Hashable
from contextvars import ContextVar
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


_not_before: ContextVar[float] = ContextVar("not_before", default=0.0)
_changed: ContextVar[bool] = ContextVar("changed", default=False)


def begin_request(last_change: float) -> None:
    """Use nothing that was read before the last change of whoever asks, in seconds since 1970; 0 for none."""
    _not_before.set(min(last_change, time.time()))
    _changed.set(False)


def not_before() -> float:
    """Return before which moment nothing may have been read, in seconds since 1970."""
    return _not_before.get()


def note_change() -> None:
    """Note that this request changed something that processes keep in memory."""
    _changed.set(True)


def has_changed() -> bool:
    """Tell whether this request changed something that processes keep in memory."""
    return _changed.get()


class ShortCache(Generic[K, V]):
    """Keeps values for `seconds`; holds at most `size`, dropping everything when full.

    Losing the whole cache costs one read per key, which is cheaper than ordering it.
    """

    def __init__(self, seconds: float, clock: Callable[[], float], size: int = 20_000) -> None:
        self._seconds, self._clock, self._size = seconds, clock, size
        self._entries: dict[K, tuple[float, float, V]] = {}  # until when, read when, value
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        """Return the value while it is fresh, else None."""
        entry = self._entries.get(key)
        if entry is None or entry[0] < self._clock() or entry[1] < not_before():
            return None
        return entry[2]

    def put(self, key: K, value: V) -> V:
        """Keep a value and return it."""
        with self._lock:
            if len(self._entries) >= self._size:
                self._entries.clear()
            self._entries[key] = (self._clock() + self._seconds, time.time(), value)
        return value

    def drop(self, key: K) -> None:
        """Forget a value, so that this process reads it again, and any other for whoever changed it."""
        note_change()
        with self._lock:
            self._entries.pop(key, None)
