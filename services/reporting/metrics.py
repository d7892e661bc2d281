"""MetricsService: the figures for tickets and for users."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.reporting import figures
from services.reporting.engine import AnalyticsEngine
from services.reporting.fold import micros
from services.reporting.periods import Period, period
from services.reporting.ports import TeamsOf
from services.reporting.queries import Answer, newest
from services.reporting.result_cache import ResultCache
from services.reporting.results import Figure, Filters, Metrics


class MetricsService:
    """Returns explained figures; DashboardService shows the same ones."""

    def __init__(self, engine: AnalyticsEngine, teams_of: TeamsOf) -> None:
        self._engine, self._teams_of, self._answers = engine, teams_of, ResultCache()

    def teams_of(self, *, actor: Any) -> frozenset[str] | None:
        """Return the teams whose tickets an actor's figures count, None if all; raises PermissionDenied."""
        return self._teams_of(actor)

    def get_ticket_metrics(
        self, *, filters: Filters, now: datetime, actor: Any, as_of: datetime | None = None
    ) -> Metrics:
        """Return every figure of a period, as of now or of an earlier moment.

        Raises PermissionDenied, BadPeriod, CopyMissing, CopyDamaged, CopyBusy or TooLarge.
        """
        metrics, _, _ = self.ask(filters=filters, now=now, actor=actor, as_of=as_of)
        return metrics

    def get_user_metrics(
        self, *, user_id: str, filters: Filters, now: datetime, actor: Any, as_of: datetime | None = None
    ) -> Metrics:
        """Return the figures of the tickets that were assigned to a user when each event counted.

        Part of the public interface for callers of the services; the dashboard shows all users at once.
        """
        own = replace(filters, assignees=(user_id,))
        return self.get_ticket_metrics(filters=own, now=now, actor=actor, as_of=as_of)

    def ask(
        self, *, filters: Filters, now: datetime, actor: Any, as_of: datetime | None
    ) -> tuple[Metrics, Answer, Period]:
        """Return the figures together with the query result that they were computed from.

        Whatever the filters ask for, only tickets within the actor's reach count; the cache keeps them apart.
        """
        filters = replace(filters, within_teams=self.teams_of(actor=actor))
        moment = min(as_of, now) if as_of is not None else now
        with self._engine.view() as view:
            when = period(filters, as_of=moment, newest=newest(view, micros(moment)))
            answer = self._answers.get(view, filters, when)
            age = (now - self._engine.followed_at(view)).total_seconds()
        by_name: Mapping[str, Figure] = figures.figures(answer, filters, when, moment)
        return Metrics(filters, moment, max(age, 0.0), by_name), answer, when
