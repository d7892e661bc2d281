"""Wires the services together; the only place that does."""

import secrets
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import models
from models import tickets_listing
from models.ticket_history import LedgerFeed
from services.caching import ShortCache
from services.catalog import CatalogService
from services.doors import Doors, build_doors
from services.ids import new_id
from services.members import FRESH, Members, build_members
from services.options import Options
from services.privacy import ErasureService, ExportService, in_order
from services.readiness import Readiness, of_the_store
from services.reporting import (
    AccessPreview,
    AnalyticsEngine,
    DashboardService,
    MetricsService,
    ReportingService,
    TicketCounts,
    tickets_by_actor,
)
from services.tickets import (
    AssignmentService,
    AuditService,
    TicketImporter,
    TicketService,
    TicketWriter,
    WorkflowService,
)
from services.users.accounts import UserImport
from services.users.authorization import RoleService
from services.users.identity import Actor, Permission


@dataclass(frozen=True)
class _Tickets:
    catalog: CatalogService
    tickets: TicketService
    workflow: WorkflowService
    assignments: AssignmentService
    audit: AuditService
    importer: TicketImporter
    user_import: UserImport


@dataclass(frozen=True)
class _Reporting:
    analytics: AnalyticsEngine
    metrics: MetricsService
    dashboards: DashboardService
    reports: ReportingService
    counts: TicketCounts
    access_preview: AccessPreview


@dataclass(frozen=True)
class _Privacy:
    erasures: ErasureService
    exports: ExportService


@dataclass(frozen=True)
class Services(_Privacy, _Reporting, _Tickets, Doors, Members):
    """Everything the web and the worker work with."""

    readiness: Readiness = field(default_factory=of_the_store)


def build_services(options: Options) -> Services:
    """Connect the models and build all services; opens no connection and reads nothing."""
    models.connect(options.connection)
    people = build_members(options)
    doors = build_doors(options, people)
    tickets = _build_tickets(options, people)
    reporting = _build_reporting(options, people)
    privacy = _build_privacy(options, people, tickets, reporting)
    parts = (people, doors, tickets, reporting, privacy)
    return Services(**{name: value for part in parts for name, value in vars(part).items()})


def _build_tickets(options: Options, people: Members) -> _Tickets:
    catalog = CatalogService(people.roles, ShortCache(FRESH, time.monotonic), people.audit_writer)
    audit = AuditService(options.shards)
    assignments = AssignmentService(people.users, catalog)
    workflow = WorkflowService()
    writer = TicketWriter(
        audit=audit, assignments=assignments, new_id=new_id, pause=_pause, shards=options.shards
    )
    tickets = TicketService(
        roles=people.roles,
        users=people.users,
        catalog=catalog,
        workflow=workflow,
        assignments=assignments,
        audit=audit,
        writer=writer,
        listing=tickets_listing.build(keys=options.keys("cursors"), shards=options.shards),
    )
    importer = TicketImporter(writer, audit, assignments, people.users, catalog)
    user_import = UserImport(
        people.users, people.roles, people.organizations, people.administrators, catalog.offered_teams
    )
    return _Tickets(catalog, tickets, workflow, assignments, audit, importer, user_import)


def _build_reporting(options: Options, people: Members) -> _Reporting:
    analytics = AnalyticsEngine(options.analytics_dir, LedgerFeed(options.shards))
    metrics = MetricsService(analytics, partial(_may_read_reports, people.roles))
    counts = TicketCounts(options.analytics_dir)
    preview = AccessPreview(roles=people.roles, organizations=people.organizations, engine=analytics)
    dashboards, reports = DashboardService(metrics), ReportingService(analytics)
    return _Reporting(analytics, metrics, dashboards, reports, counts, preview)


def _build_privacy(options: Options, people: Members, tickets: _Tickets, reporting: _Reporting) -> _Privacy:
    roles, audit_writer = people.roles, people.audit_writer
    steps = in_order(people.users.forget, options.mailer, options.rejects_dir)
    hand_in = partial(tickets_by_actor, reporting.analytics)
    shared: dict[str, Any] = {
        "roles": roles,
        "recorder": audit_writer,
        "administrators": people.administrators,
    }
    return _Privacy(
        ErasureService(sessions=people.sessions, steps=steps, **shared),
        ExportService(roles, people.users, tickets.catalog, audit_writer, hand_in),
    )


def _may_read_reports(roles: RoleService, actor: Actor) -> None:
    roles.check_permission(actor=actor, permission=Permission.REPORT_VIEW, any_scope=True)


def _pause(attempt: int) -> None:
    """Wait a moment that grows with each lost race, and differs between racers."""
    time.sleep(min(0.25, 0.004 * 2**attempt) * (0.5 + secrets.randbelow(1000) / 1000))
