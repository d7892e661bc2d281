"""Wires the services together; the only place that does."""

import secrets
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

import models
from models import audit_listing, tickets_listing, users_listing
from models.ticket_history import LedgerFeed
from services.caching import ShortCache
from services.catalog import CatalogService
from services.options import Options
from services.outbox import Outbox
from services.privacy import ErasureService, ExportService, in_order
from services.readiness import Readiness, of_the_store
from services.reporting import (
    AccessPreview,
    AnalyticsEngine,
    DashboardService,
    MetricsService,
    ReportingService,
    TicketCounts,
    acted_in,
)
from services.tickets import (
    AssignmentService,
    AuditService,
    TicketImporter,
    TicketService,
    TicketWriter,
    WorkflowService,
)
from services.users import (
    AccessService,
    AccountService,
    Actor,
    AddressService,
    Administrators,
    AuthenticationService,
    Brake,
    DeviceMarks,
    DeviceService,
    InvitationService,
    Letters,
    Links,
    Mailroom,
    Notices,
    OrganizationService,
    Passwords,
    PeopleImport,
    Permission,
    ProofService,
    Rechecks,
    Recorder,
    RegistrationService,
    RoleService,
    SecondFactor,
    SessionManager,
    TrailService,
    UserService,
    Vault,
    ViewingService,
)

FRESH = 5.0  # seconds that users, roles, teams and categories may be old
NAMES_FRESH = 60.0


@dataclass(frozen=True)
class _People:
    authentication: AuthenticationService
    users: UserService
    roles: RoleService
    sessions: SessionManager
    brake: Brake
    recorder: Recorder
    trail: TrailService
    accounts: AccountService
    second_factor: SecondFactor
    outbox: Outbox
    passwords: Passwords
    administrators: Administrators
    organizations: OrganizationService
    rechecks: Rechecks


@dataclass(frozen=True)
class _Ways:
    access: AccessService
    registration: RegistrationService
    addresses: AddressService
    invitations: InvitationService


@dataclass(frozen=True)
class _Access:
    proofs: ProofService
    devices: DeviceService
    viewing: ViewingService


@dataclass(frozen=True)
class _Tickets:
    catalog: CatalogService
    tickets: TicketService
    workflow: WorkflowService
    assignments: AssignmentService
    audit: AuditService
    importer: TicketImporter
    people_import: PeopleImport


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
class Services(_Privacy, _Reporting, _Tickets, _Ways, _Access, _People):
    """Everything the web and the worker work with."""

    readiness: Readiness = field(default_factory=of_the_store)


def build_services(options: Options) -> Services:
    """Connect the models and build all services; opens no connection and reads nothing."""
    models.connect(options.connection)
    people = _build_people(options)
    access, ways = _build_access(people), _build_ways(options, people)
    tickets = _build_tickets(options, people)
    reporting = _build_reporting(options, people)
    privacy = _build_privacy(options, people, tickets, reporting)
    parts = (people, access, ways, tickets, reporting, privacy)
    return Services(**{name: value for part in parts for name, value in vars(part).items()})


def _build_people(options: Options) -> _People:
    recorder = Recorder(lambda: uuid4().hex)
    administrators = Administrators()
    roles = RoleService(ShortCache(FRESH, time.monotonic), recorder, administrators)
    organizations = OrganizationService(roles, ShortCache(FRESH, time.monotonic), recorder)
    sessions = SessionManager(lambda: secrets.token_urlsafe(32))
    passwords, brake = Passwords(), Brake()
    vault = Vault(options.keys("vault"))
    second_factor = SecondFactor(roles=roles, vault=vault, recorder=recorder)
    outbox = Outbox(lambda: uuid4().hex)
    shared: dict[str, Any] = {"roles": roles, "sessions": sessions, "organizations": organizations}
    users = _build_users(
        options,
        outbox,
        recorder=recorder,
        hash_password=passwords.hash,
        administrators=administrators,
        **shared,
    )
    authentication = AuthenticationService(
        users=users,
        passwords=passwords,
        brake=brake,
        marks=DeviceMarks(options.keys("devices")),
        second_factor=second_factor,
        vault=vault,
        **shared,
    )
    trail = TrailService(roles=roles, listing=audit_listing.build(keys=options.keys("cursors")))
    accounts = _build_accounts(
        options, outbox, passwords=passwords, sessions=sessions, recorder=recorder, brake=brake
    )
    return _People(
        authentication, users, roles, sessions, brake, recorder, trail, accounts, second_factor, outbox,
        passwords, administrators, organizations, Rechecks(roles, sessions),
    )  # fmt: skip


def _build_access(people: _People) -> _Access:
    proofs = ProofService(people.passwords, people.second_factor, people.brake, people.recorder)
    devices = DeviceService(people.roles, people.sessions, people.recorder)
    viewing = ViewingService(people.users, people.roles, people.recorder)
    return _Access(proofs, devices, viewing)


def _build_users(options: Options, outbox: Outbox, *, roles: RoleService, **shared: Any) -> UserService:
    return UserService(
        roles=roles,
        cache=ShortCache(FRESH, time.monotonic),
        names=ShortCache(NAMES_FRESH, time.monotonic),
        agents=ShortCache(NAMES_FRESH, time.monotonic),
        new_id=lambda: uuid4().hex,
        listing=users_listing.build(keys=options.keys("cursors"), roles=roles.ids),
        mailroom=Mailroom(_links(options), outbox),
        **shared,
    )


def _links(options: Options) -> Links:
    return Links(options.keys("links"), lambda: secrets.token_urlsafe(16))


def _build_accounts(options: Options, outbox: Outbox, **shared: Any) -> AccountService:
    links = _links(options)
    accounts = AccountService(links=links, outbox=outbox, mailroom=Mailroom(links, outbox), **shared)
    letters = Letters(links=links, mailer=options.mailer, base_url=options.base_url)
    notices = Notices(mailer=options.mailer, base_url=options.base_url)
    for maker in (letters, notices, accounts):
        outbox.register(maker.kind, maker.deliver)
    return accounts


def _build_ways(options: Options, people: _People) -> _Ways:
    """Build what leads into an account: invitations, addresses that are confirmed, registration."""
    links, recorder, brake = _links(options), people.recorder, people.brake
    mailroom = Mailroom(links, people.outbox)
    access = AccessService(roles=people.roles, recorder=recorder, cache=ShortCache(FRESH, time.monotonic))
    registration = RegistrationService(
        access=access,
        accounts=people.accounts,
        organizations=people.organizations,
        outbox=people.outbox,
        mailer=options.mailer,
        base_url=options.base_url,
        vault=Vault(options.keys("registration")),
        brake=brake,
        recorder=recorder,
        hash_password=people.passwords.hash,
        new_id=lambda: uuid4().hex,
    )
    people.outbox.register(registration.kind, registration.deliver)
    addresses = AddressService(
        links=links, mailroom=mailroom, passwords=people.passwords, recorder=recorder, brake=brake
    )
    invitations = InvitationService(roles=people.roles, mailroom=mailroom, recorder=recorder, brake=brake)
    return _Ways(access, registration, addresses, invitations)


def _build_tickets(options: Options, people: _People) -> _Tickets:
    catalog = CatalogService(people.roles, ShortCache(FRESH, time.monotonic), people.recorder)
    audit = AuditService(options.shards)
    assignments = AssignmentService(people.users, catalog)
    workflow = WorkflowService()
    writer = TicketWriter(
        audit=audit, assignments=assignments, new_id=lambda: uuid4().hex, pause=_pause, shards=options.shards
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
    people_import = PeopleImport(
        people.users, people.roles, people.organizations, people.administrators, catalog.offered_teams
    )
    return _Tickets(catalog, tickets, workflow, assignments, audit, importer, people_import)


def _build_reporting(options: Options, people: _People) -> _Reporting:
    analytics = AnalyticsEngine(options.analytics_dir, LedgerFeed(options.shards))
    metrics = MetricsService(analytics, partial(_may_read_reports, people.roles))
    counts = TicketCounts(options.analytics_dir)
    preview = AccessPreview(roles=people.roles, organizations=people.organizations, engine=analytics)
    dashboards, reports = DashboardService(metrics), ReportingService(analytics)
    return _Reporting(analytics, metrics, dashboards, reports, counts, preview)


def _build_privacy(options: Options, people: _People, tickets: _Tickets, reporting: _Reporting) -> _Privacy:
    roles, recorder = people.roles, people.recorder
    steps = in_order(options.mailer, options.rejects_dir)
    hand_in = partial(acted_in, reporting.analytics)
    shared: dict[str, Any] = {"roles": roles, "recorder": recorder, "administrators": people.administrators}
    return _Privacy(
        ErasureService(sessions=people.sessions, steps=steps, **shared),
        ExportService(roles, people.users, tickets.catalog, recorder, hand_in),
    )


def _may_read_reports(roles: RoleService, actor: Actor) -> None:
    roles.check_permission(actor=actor, permission=Permission.REPORT_VIEW, any_scope=True)


def _pause(attempt: int) -> None:
    """Wait a moment that grows with each lost race, and differs between racers."""
    time.sleep(min(0.25, 0.004 * 2**attempt) * (0.5 + secrets.randbelow(1000) / 1000))
