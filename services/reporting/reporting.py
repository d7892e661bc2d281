"""ReportingService: summaries of everything in the columnar copy."""
# ruff: noqa: S608 - statements are put together from this package's own names; values are parameters

from collections.abc import Collection
from typing import Any

from services.reporting.engine import AnalyticsEngine
from services.reporting.reader import View
from services.reporting.results import NONE

_COUNTED = {
    "by_status": "status",
    "by_priority": "priority",
    "by_channel": "channel",
    "by_category": "category",
    "by_team": "team_id",
    "created_per_month": "strftime(make_timestamp(created_at), '%Y-%m')",
    "closed_per_month": "strftime(make_timestamp(closed_at), '%Y-%m')",
}
_TOTALS = """
SELECT count(*), coalesce(sum(version), 0)::BIGINT,
       coalesce(sum(reopens), 0)::BIGINT, count(*) FILTER (reopens > 0),
       coalesce(sum(reassigns), 0)::BIGINT, count(*) FILTER (reassigns > 0)
FROM {chosen}
"""
_ALL = "tickets"
_ONLY = "(SELECT * FROM tickets WHERE ticket_id IN (SELECT unnest(?)))"


class ReportingService:
    """Summarizes the ledger from its columnar copy."""

    def __init__(self, engine: AnalyticsEngine) -> None:
        self._engine = engine

    def summary(self, *, only: Collection[int] | None = None) -> dict[str, Any]:
        """Count tickets and history items, and tickets by their current fields; JSON values only.

        `only` limits the summary to these ticket numbers. Months are in UTC. Fields that are not set count
        under "none". Raises CopyMissing or CopyDamaged.
        """
        chosen, values = (_ALL, []) if only is None else (_ONLY, [list(only)])
        with self._engine.view() as view:
            ((tickets, items, reopens, reopened, reassigns, reassigned),) = view.rows(
                _TOTALS.format(chosen=chosen), values
            )
            return {
                "tickets": tickets,
                "history_items": items,  # a ticket at version N has N of them
                **{name: _counts(view, column, chosen, values) for name, column in _COUNTED.items()},
                "reopens": {"sum": reopens, "tickets": reopened},
                "reassignments": {"sum": reassigns, "tickets": reassigned},
                "as_of": self._engine.followed_at(view).isoformat(),
            }


def _counts(view: View, column: str, chosen: str, values: list[Any]) -> dict[str, int]:
    sql = f"SELECT {column}, count(*) FROM {chosen} GROUP BY 1 ORDER BY 1 NULLS LAST"
    return {NONE if key is None else key: number for key, number in view.rows(sql, values)}
