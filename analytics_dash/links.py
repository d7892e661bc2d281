"""Links from a chart's marks to their tickets, always within the filters of the page."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from analytics_dash.ports import GridFilters, GridUrl
from services.reporting import Filters

Dimension = Literal["team", "priority", "category", "assignee"]


@dataclass(frozen=True)
class Links:
    """Builds the grid's URLs for the marks of one page."""

    grid_url: GridUrl
    filters: Filters

    def created(self, start: date | None = None, end: date | None = None) -> str | None:
        """Link to the tickets created from `start` to `end` (default: the page's period)."""
        days = GridFilters(created_from=start or self.filters.start, created_to=end or self.filters.end)
        return self.grid_url(self._page() | days)

    def solved(self, start: date | None = None, end: date | None = None) -> str | None:
        """Link to the tickets solved from `start` to `end` (default: the page's period)."""
        days = GridFilters(solved_from=start or self.filters.start, solved_to=end or self.filters.end)
        return self.grid_url(self._page() | days)

    def still_open(self, until: date | None = None) -> str | None:
        """Link to the tickets open now, of those created until a day."""
        open_tickets = self._page() | GridFilters(state="open")
        return self.grid_url(open_tickets | GridFilters(created_to=until) if until else open_tickets)

    def created_of(self, dimension: Dimension, key: str | None) -> str | None:
        """Link to the tickets of one group created in the period."""
        days = GridFilters(created_from=self.filters.start, created_to=self.filters.end)
        return self.grid_url(self._page() | days | self._one(dimension, key))

    def solved_of(self, dimension: Dimension, key: str | None) -> str | None:
        """Link to the tickets of one group solved in the period."""
        days = GridFilters(solved_from=self.filters.start, solved_to=self.filters.end)
        return self.grid_url(self._page() | days | self._one(dimension, key))

    def open_of(self, dimension: Dimension, key: str | None) -> str | None:
        """Link to the open tickets of one group."""
        return self.grid_url(self._page() | GridFilters(state="open") | self._one(dimension, key))

    def _page(self) -> GridFilters:
        page = GridFilters()
        if self.filters.teams:
            page["team"] = self.filters.teams
        if self.filters.priorities:
            page["priority"] = self.filters.priorities
        if self.filters.categories:
            page["category"] = self.filters.categories
        return page

    @staticmethod
    def _one(dimension: Dimension, key: str | None) -> GridFilters:
        one = GridFilters()
        one[dimension] = (key,)
        return one
