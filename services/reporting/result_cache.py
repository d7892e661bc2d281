"""A cache of query results, because most people look at the same period."""

from collections import OrderedDict
from threading import Lock
from typing import Any

from services.reporting.periods import Period
from services.reporting.queries import Answer, answer
from services.reporting.reader import View
from services.reporting.results import Filters


class ResultCache:
    """Caches results for as long as the data is the same."""

    def __init__(self, size: int = 128) -> None:
        self._size, self._lock = size, Lock()
        self._results: OrderedDict[Any, Answer] = OrderedDict()

    def get(self, view: View, filters: Filters, when: Period) -> Answer:
        """Return the result of a query, from the cache if the data has not changed since."""
        key = (view.version, filters, when)
        with self._lock:
            cached = self._results.get(key)
            if cached is not None:
                self._results.move_to_end(key)
                return cached
        result = answer(view, filters, when)
        with self._lock:
            self._results[key] = result
            while len(self._results) > self._size:
                self._results.popitem(last=False)
        return result
