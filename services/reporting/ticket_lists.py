"""TicketLists: pages of tickets selected from the columnar copy, for lists that no index serves."""

from collections.abc import Callable, Collection
from datetime import datetime

from models.tickets_listing import BadRequest, Condition, Selection, Sort, Unavailable, Window
from services import errors
from services.reporting.engine import AnalyticsEngine
from services.reporting.name_order import NameOrder
from services.reporting.selection import LISTED_FIELDS, select


class TicketLists:
    """Selects the tickets of a page; `order` sorts what is stored as ids by name, `clock` says what time it is."""

    def __init__(self, engine: AnalyticsEngine, order: NameOrder, clock: Callable[[], datetime]) -> None:
        self._engine, self._order, self._clock = engine, order, clock

    @property
    def fields(self) -> Collection[str]:
        """Name what lists can be filtered and sorted by here."""
        return LISTED_FIELDS

    def age(self) -> float | None:
        """Tell by how many seconds the copy is behind the ledger; None while there is no copy."""
        return self._engine.behind(now=self._clock())

    def select(self, conditions: tuple[Condition, ...], sort: Sort | None, window: Window) -> Selection:
        """Return the rows of a window; raises the list's own errors."""
        try:
            by_name = sort.field if sort is not None and sort.field in self._order.fields else None
            if by_name is not None:
                self._place_names(by_name)
            with self._engine.view() as view:
                positions, count = select(
                    view, conditions, sort, window, now=self._clock(), by_name=self._order.fields
                )
                return Selection(positions, count, self._engine.followed_at(view))
        except errors.Invalid as refused:
            raise BadRequest(refused.message) from refused
        except errors.Unavailable as missing:
            raise Unavailable(missing.message) from missing

    def _place_names(self, field: str) -> None:
        """Look names up while nobody waits for the copy."""
        with self._engine.view() as view:
            if self._order.is_ready(view, field):
                return
            ids = self._order.unplaced(view, field)
        ordered = self._order.looked_up(field, ids)
        with self._engine.view() as view:
            self._order.load(view, field, ordered)
