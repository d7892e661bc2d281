"""The tables and their named queries; the only part of the product that knows PynamoDB."""

from dynamodb_client import ConnectionOptions, LeanModel
from dynamodb_client import connect as connect_models
from models import expiry, index_upgrade
from models.api_token import ApiToken
from models.assignment import Assignment
from models.attempt import Attempt
from models.audit import AuditEntry
from models.counter import Counter
from models.idempotency_key import IdempotencyKey
from models.identity import Identity
from models.job import Job
from models.lease import Lease
from models.metric import Metric
from models.outbox import Outbox
from models.report import Report
from models.role import Role
from models.session import Session
from models.setting import Setting
from models.store_errors import translated
from models.ticket import Ticket
from models.ticket_history import TicketHistory
from models.user import User, UserEmail

TABLES: tuple[type[LeanModel], ...] = (
    User, UserEmail, Role, Session, ApiToken, Ticket, TicketHistory, Assignment, Metric, Report,
    Setting, Outbox, Lease, AuditEntry, Attempt, IdempotencyKey, Counter, Job, Identity,
)  # fmt: skip


def connect(options: ConnectionOptions) -> None:
    """Configure all tables for an engine; opens no connection yet."""
    connect_models(TABLES, options)


def create_tables() -> list[str]:
    """Create the tables that are missing, on demand, and return their names; safe to repeat.

    Raises EngineUnavailable.
    """
    with translated():
        created = _absent()
        for table in created:
            table.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
    return [table.Meta.table_name for table in created]


def upgrade_indexes() -> list[str]:
    """Recreate indexes that lack attributes which lists need, and return their names; safe to repeat."""
    return index_upgrade.upgrade_indexes(TABLES)


def switch_on_expiry() -> list[str]:
    """Switch on the expiry of tables that lack it, and return their names; safe to repeat."""
    return expiry.switch_on(TABLES)


def missing_tables() -> list[str]:
    """Name the tables that are not there, asking for each by its name; raises EngineUnavailable."""
    with translated():
        return [table.Meta.table_name for table in _absent()]


def delete_tables() -> None:
    """Delete every table of this prefix: for tests and benchmarks."""
    with translated():
        absent = _absent()
        for table in TABLES:
            if table not in absent:
                table.delete_table()


def _absent() -> list[type[LeanModel]]:
    """List the tables that are not there, asking for each: a list of all tables is the whole account's."""
    return [table for table in TABLES if not table.exists()]
