"""Answers that are kept, because most people ask about the same period."""

from collections import OrderedDict
from threading import Lock
from typing import Any

from services.reporting.periods import Period
from services.reporting.queries import Answer, answer
from services.reporting.reader import View
from services.reporting.results import Filters


class ResultCache:
    """Remembers answers for as long as the data is the same."""

    def __init__(self, size: int = 128) -> None:
        self._size, self._lock = size, Lock()
        self._kept: OrderedDict[Any, Answer] = OrderedDict()

    def get(self, view: View, filters: Filters, when: Period) -> Answer:
        """Give the answer to a question, from memory when it was asked of the same data before."""
        key = (view.version, filters, when)
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
                return known
        computed = answer(view, filters, when)
        with self._lock:
            self._kept[key] = computed
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return computed
