"""Links from a chart's marks to their tickets: exactly those that the figure counts."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from analytics_dash.ports import GridUrl
from services.reporting import NONE, Counted, Filters, Measure

Dimension = Literal["team", "priority", "category", "assignee"]


@dataclass(frozen=True)
class Links:
    """Builds the grid's URLs for the marks of one page, which are always within its filters."""

    grid_url: GridUrl
    filters: Filters

    def of(self, measure: Measure) -> str:
        """Link to all tickets that a measure counts on the page."""
        return self.grid_url(Counted(measure, self.filters))

    def created(self, start: date, end: date) -> str:
        """Link to the tickets created in a part of the page's period."""
        return self.grid_url(Counted(Measure.CREATED, replace(self.filters, start=start, end=end)))

    def hours(self) -> str:
        """Begin the link to the tickets created in an hour of the week, which its number completes.

        Building 168 of them would take as long as everything else on the page.
        """
        return self.grid_url(Counted(Measure.CREATED, self.filters, hour=0)).removesuffix("0")

    def solved(self, start: date, end: date) -> str:
        """Link to the tickets first solved in a part of the page's period."""
        return self.grid_url(Counted(Measure.SOLVED, replace(self.filters, start=start, end=end)))

    def unsolved(self, until: date) -> str:
        """Link to the tickets that were unsolved at the end of a day."""
        at_the_end = replace(self.filters, start=min(self.filters.start, until), end=until)
        return self.grid_url(Counted(Measure.UNSOLVED, at_the_end))

    def of_group(self, measure: Measure, dimension: Dimension, key: str | None) -> str:
        """Link to the tickets that a measure counts for one group of a breakdown."""
        return self.grid_url(Counted(measure, self.filters.only(dimension, NONE if key is None else key)))
