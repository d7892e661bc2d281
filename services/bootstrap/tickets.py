"""The services about tickets."""

from dataclasses import dataclass

from models import tickets_listing
from models.tickets_listing import ColumnarPort
from services.bootstrap.common import pause
from services.catalog import CatalogService
from services.ids import new_id
from services.jobs import JobService
from services.options import Options
from services.tickets import (
    AssignmentService,
    AuditService,
    ChangeFeed,
    Consequences,
    OpeningLimit,
    TicketBulk,
    TicketImporter,
    TicketService,
    TicketWriter,
    WorkflowService,
)
from services.users.accounts import UserService
from services.users.authorization import RoleService


@dataclass(frozen=True)
class TicketServices:
    """Tickets, their workflow, their assignment, their history, and the import of all of it."""

    service: TicketService
    workflow: WorkflowService
    assignments: AssignmentService
    audit: AuditService
    importer: TicketImporter
    bulk: TicketBulk
    feed: ChangeFeed


def build_ticket_services(
    options: Options,
    *,
    roles: RoleService,
    accounts: UserService,
    catalog: CatalogService,
    consequences: Consequences,
    lists: ColumnarPort,
    jobs: JobService,
) -> TicketServices:
    """Build the services about tickets."""
    audit = AuditService(options.shards)
    assignments = AssignmentService(accounts, catalog)
    workflow = WorkflowService()
    writer = TicketWriter(
        audit=audit,
        assignments=assignments,
        consequences=consequences,
        opening_limit=OpeningLimit(options.tickets_per_hour),
        new_id=new_id,
        pause=pause,
        shards=options.shards,
    )
    service = TicketService(
        roles=roles,
        users=accounts,
        catalog=catalog,
        workflow=workflow,
        assignments=assignments,
        audit=audit,
        writer=writer,
        listing=tickets_listing.build(keys=options.keys("cursors"), shards=options.shards, columnar=lists),
        assigns_on_reply=options.assign_on_reply,
    )
    return TicketServices(
        service=service,
        workflow=workflow,
        assignments=assignments,
        audit=audit,
        importer=TicketImporter(writer, audit, assignments, accounts, catalog),
        bulk=TicketBulk(service, jobs, roles),
        feed=ChangeFeed(roles=roles, keys=options.keys("feed"), shards=options.shards),
    )
