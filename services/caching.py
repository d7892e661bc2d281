"""A small cache for what is read on every request and may be a few seconds old."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class ShortCache(Generic[K, V]):
    """Keeps values for `seconds`; holds at most `size`, dropping everything when full.

    Losing the whole cache costs one read per key, which is cheaper than ordering it.
    """

    def __init__(self, seconds: float, clock: Callable[[], float], size: int = 20_000) -> None:
        self._seconds, self._clock, self._size = seconds, clock, size
        self._entries: dict[K, tuple[float, V]] = {}
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        """Return the value while it is fresh, else None."""
        entry = self._entries.get(key)
        if entry is None or entry[0] < self._clock():
            return None
        return entry[1]

    def put(self, key: K, value: V) -> V:
        """Keep a value and return it."""
        with self._lock:
            if len(self._entries) >= self._size:
                self._entries.clear()
            self._entries[key] = (self._clock() + self._seconds, value)
        return value

    def drop(self, key: K) -> None:
        """Forget a value, so that this process reads it again."""
        with self._lock:
            self._entries.pop(key, None)
