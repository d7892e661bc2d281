"""DashboardService: everything that a dashboard shows, in one result."""

from datetime import datetime
from typing import Any

from services.reporting.figures import arrivals, rows, series
from services.reporting.metrics import MetricsService
from services.reporting.results import Filters, Overview


class DashboardService:
    """Assembles what MetricsService computes."""

    def __init__(self, metrics: MetricsService) -> None:
        self._metrics = metrics

    def teams_of(self, *, actor: Any) -> frozenset[str] | None:
        """Return the teams whose tickets an actor's dashboards count, None if all; raises PermissionDenied."""
        return self._metrics.teams_of(actor=actor)

    def overview(
        self, *, filters: Filters, now: datetime, actor: Any, as_of: datetime | None = None
    ) -> Overview:
        """Return the overview of a period, as of now or of an earlier moment.

        Raises PermissionDenied, BadPeriod, CopyMissing, CopyDamaged, CopyBusy or TooLarge.
        """
        metrics, answer, when = self._metrics.ask(filters=filters, now=now, actor=actor, as_of=as_of)
        created, solved, backlog = series(answer, filters, when)
        return Overview(
            filters=metrics.filters,
            as_of=metrics.as_of,
            data_age=metrics.data_age,
            figures=metrics.figures,
            created=created,
            solved=solved,
            backlog=backlog,
            arrivals=arrivals(answer),
            by_priority=rows(answer.groups["priority"], priorities=True),
            by_category=rows(answer.groups["category"]),
            by_team=rows(answer.groups["team"]),
            by_agent=rows(answer.groups["assignee"]),
        )
