"""The tickets domain: tickets, their workflow, who holds them, and the ledger behind them."""

from models.ticket import PRIORITIES
from models.tickets_listing import Condition, ListRequest, Op, Page, Sort, TicketRow
from services.tickets.assignment import AssignmentService
from services.tickets.audit import AuditService, Verification
from services.tickets.fields import CHANNELS, STATUSES, is_done
from services.tickets.importing import (
    MAPPINGS,
    FileReport,
    ImportedEvent,
    ImportedTicket,
    ImportStopped,
    TicketImporter,
    Watch,
    WrongFile,
    import_file,
)
from services.tickets.service import TicketService
from services.tickets.ticket import Event, Ticket
from services.tickets.ticket_errors import (
    AlreadyUndone,
    ChangedSince,
    Conflict,
    FieldConflict,
    NotAllowedNow,
    TicketNotFound,
    TooBusy,
)
from services.tickets.validation import BODY_BYTES, SUBJECT_LENGTH
from services.tickets.workflow import REOPEN_WITHIN, WorkflowService, label
from services.tickets.writer import TicketWriter

__all__ = [
    "BODY_BYTES",
    "CHANNELS",
    "MAPPINGS",
    "PRIORITIES",
    "REOPEN_WITHIN",
    "STATUSES",
    "SUBJECT_LENGTH",
    "AlreadyUndone",
    "AssignmentService",
    "AuditService",
    "ChangedSince",
    "Condition",
    "Conflict",
    "Event",
    "FieldConflict",
    "FileReport",
    "ImportStopped",
    "ImportedEvent",
    "ImportedTicket",
    "ListRequest",
    "NotAllowedNow",
    "Op",
    "Page",
    "Sort",
    "Ticket",
    "TicketImporter",
    "TicketNotFound",
    "TicketRow",
    "TicketService",
    "TicketWriter",
    "TooBusy",
    "Verification",
    "Watch",
    "WorkflowService",
    "WrongFile",
    "import_file",
    "is_done",
    "label",
]
