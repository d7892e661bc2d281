"""The services about figures."""

from dataclasses import dataclass
from functools import partial

from models.ticket_history import LedgerFeed
from services.options import Options
from services.reporting import (
    AccessPreview,
    AnalyticsEngine,
    DashboardService,
    MetricsService,
    ReportingService,
    TicketCounts,
)
from services.users.authorization import RoleService
from services.users.identity import Actor, Permission
from services.users.organizations import OrganizationService


@dataclass(frozen=True)
class ReportingServices:
    """The columnar copy of the ledger, and every figure made from it."""

    analytics: AnalyticsEngine
    metrics: MetricsService
    dashboards: DashboardService
    reports: ReportingService
    counts: TicketCounts
    access_preview: AccessPreview


def build_reporting_services(
    options: Options, *, roles: RoleService, organizations: OrganizationService
) -> ReportingServices:
    """Build the services about figures."""
    analytics = AnalyticsEngine(options.analytics_dir, LedgerFeed(options.shards))
    metrics = MetricsService(analytics, partial(_may_read_reports, roles))
    return ReportingServices(
        analytics=analytics,
        metrics=metrics,
        dashboards=DashboardService(metrics),
        reports=ReportingService(analytics),
        counts=TicketCounts(options.analytics_dir),
        access_preview=AccessPreview(roles=roles, organizations=organizations, engine=analytics),
    )


def _may_read_reports(roles: RoleService, actor: Actor) -> None:
    roles.check_permission(actor=actor, permission=Permission.REPORT_VIEW, any_scope=True)
