"""All services, nested by domain, in the order in which they build on each other."""

from dataclasses import dataclass
from functools import partial

import models
from services.bootstrap.common import new_cache, pause
from services.bootstrap.notifications import NotificationServices, build_notification_services
from services.bootstrap.privacy import PrivacyServices, build_privacy_services
from services.bootstrap.reporting import (
    ReportingServices,
    build_analytics,
    build_reporting_services,
    build_ticket_lists,
)
from services.bootstrap.tickets import TicketServices, build_ticket_services
from services.bootstrap.users import UserServices, build_user_services
from services.catalog import CatalogService
from services.idempotency import RequestReplay
from services.ids import new_id
from services.jobs import JobService
from services.maintenance import MaintenanceService
from services.notifications import TicketEmailRule
from services.options import Options
from services.outbox import Outbox
from services.readiness import Readiness, engine_readiness
from services.users.audit import AuditWriter
from services.users.authorization import LastAdministratorLock, RoleService


@dataclass(frozen=True)
class Services:
    """Everything the web and the worker work with."""

    users: UserServices
    catalog: CatalogService
    tickets: TicketServices
    reporting: ReportingServices
    privacy: PrivacyServices
    notifications: NotificationServices
    outbox: Outbox
    jobs: JobService
    maintenance: MaintenanceService
    readiness: Readiness
    replay: RequestReplay


def build_services(options: Options) -> Services:
    """Connect the models and build all services; opens no connection and reads nothing."""
    models.connect(options.connection)
    outbox, audit_writer, last_administrator = Outbox(new_id), AuditWriter(new_id), LastAdministratorLock()
    roles = RoleService(new_cache(), new_cache(), audit_writer, last_administrator)
    catalog = CatalogService(roles, new_cache(), audit_writer)
    users = build_user_services(
        options,
        outbox=outbox,
        audit_writer=audit_writer,
        last_administrator=last_administrator,
        roles=roles,
        offered_teams=catalog.offered_teams,
        team_names=partial(catalog.names, "team"),
    )
    jobs = JobService(absent_actor=users.absent_actors.actor, audit_writer=audit_writer, new_id=new_id)
    analytics = build_analytics(options)
    lists = build_ticket_lists(analytics, users=users, catalog=catalog)
    tickets = build_ticket_services(
        options,
        roles=roles,
        accounts=users.accounts,
        catalog=catalog,
        consequences=TicketEmailRule(outbox, enabled=options.customer_emails),
        lists=lists,
        jobs=jobs,
    )
    reporting = build_reporting_services(
        options, analytics=analytics, roles=roles, organizations=users.organizations
    )
    privacy = build_privacy_services(options, users=users, catalog=catalog, analytics=analytics)
    return Services(
        users=users,
        catalog=catalog,
        tickets=tickets,
        reporting=reporting,
        privacy=privacy,
        notifications=build_notification_services(options, outbox=outbox, users=users),
        outbox=outbox,
        jobs=jobs,
        maintenance=MaintenanceService(),
        readiness=engine_readiness(),
        replay=RequestReplay(new_id, pause),
    )
