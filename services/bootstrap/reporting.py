"""The services about figures."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from models.ticket_history import LedgerFeed
from services.bootstrap.users import UserServices
from services.catalog import CatalogService
from services.options import Options
from services.reporting import (
    AccessPreview,
    AnalyticsEngine,
    DashboardService,
    MetricsService,
    NameOrder,
    NamesOf,
    ReportingService,
    TicketCounts,
    TicketLists,
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


def build_analytics(options: Options) -> AnalyticsEngine:
    """Build what keeps and reads the columnar copy."""
    return AnalyticsEngine(options.analytics_dir, LedgerFeed(options.shards))


def build_ticket_lists(
    analytics: AnalyticsEngine, *, users: UserServices, catalog: CatalogService
) -> TicketLists:
    """Build what selects the tickets of lists from the copy, and sorts them by the names that pages show."""

    def people(user_ids: Collection[str]) -> Mapping[str, str]:
        known = users.directory.names(set(user_ids))
        return known | users.accounts.names(set(user_ids) - known.keys())

    names: Mapping[str, NamesOf] = {
        "assignee_id": people,
        "requester_id": people,
        "team_id": _chosen_from(lambda: catalog.names("team")),
        "category": _chosen_from(lambda: catalog.names("category")),
        "organization_id": _chosen_from(users.organizations.names_in_lists),
    }
    return TicketLists(analytics, NameOrder(names, time.monotonic), lambda: datetime.now(UTC))


def _chosen_from(all_names: Callable[[], Mapping[str, str]]) -> NamesOf:
    def names(ids: Collection[str]) -> Mapping[str, str]:
        known = all_names()
        return {id_: known[id_] for id_ in ids if id_ in known}

    return names


def build_reporting_services(
    options: Options, *, analytics: AnalyticsEngine, roles: RoleService, organizations: OrganizationService
) -> ReportingServices:
    """Build the services about figures."""
    metrics = MetricsService(analytics, partial(_teams_in_reports, roles))
    return ReportingServices(
        analytics=analytics,
        metrics=metrics,
        dashboards=DashboardService(metrics),
        reports=ReportingService(analytics),
        counts=TicketCounts(options.analytics_dir),
        access_preview=AccessPreview(roles=roles, organizations=organizations, engine=analytics),
    )


def _teams_in_reports(roles: RoleService, actor: Actor) -> frozenset[str] | None:
    roles.check_permission(actor=actor, permission=Permission.REPORT_VIEW, any_scope=True)
    return actor.teams_within(Permission.REPORT_VIEW)
