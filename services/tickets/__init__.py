"""The tickets domain: tickets, their workflow, who holds them, and the ledger behind them."""

from models.ticket_fields import (
    ALL_FIELDS,
    BY_NAME,
    CHANNELS,
    DONE_STATUSES,
    EDITABLE,
    FIELDS,
    PRIORITIES,
    SORTABLE,
    STATUSES,
    Field,
    Kind,
    TicketFields,
    field_names,
    label_of,
)
from models.tickets_listing import Condition, ListRequest, Op, Page, Sort, TicketRow
from services.tickets.assignment import AssignmentService
from services.tickets.audit import AuditService, Verification
from services.tickets.bulk import Chosen, TicketBulk
from services.tickets.consequences import Consequences, TicketChange
from services.tickets.feed import BadFeedCursor, Change, ChangeFeed, FeedPage
from services.tickets.fields import is_done
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
from services.tickets.opening_limit import OpeningLimit, TooManyTickets
from services.tickets.service import OPENED_WITH, TicketService
from services.tickets.ticket import Event, Reply, Ticket
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
from services.tickets.workflow import REOPEN_WITHIN, WorkflowService
from services.tickets.writer import TicketWriter

__all__ = [
    "ALL_FIELDS",
    "BODY_BYTES",
    "BY_NAME",
    "CHANNELS",
    "DONE_STATUSES",
    "EDITABLE",
    "FIELDS",
    "MAPPINGS",
    "OPENED_WITH",
    "PRIORITIES",
    "REOPEN_WITHIN",
    "SORTABLE",
    "STATUSES",
    "SUBJECT_LENGTH",
    "AlreadyUndone",
    "AssignmentService",
    "AuditService",
    "BadFeedCursor",
    "Change",
    "ChangeFeed",
    "ChangedSince",
    "Chosen",
    "Condition",
    "Conflict",
    "Consequences",
    "Event",
    "FeedPage",
    "Field",
    "FieldConflict",
    "FileReport",
    "ImportStopped",
    "ImportedEvent",
    "ImportedTicket",
    "Kind",
    "ListRequest",
    "NotAllowedNow",
    "Op",
    "OpeningLimit",
    "Page",
    "Reply",
    "Sort",
    "Ticket",
    "TicketBulk",
    "TicketChange",
    "TicketFields",
    "TicketImporter",
    "TicketNotFound",
    "TicketRow",
    "TicketService",
    "TicketWriter",
    "TooBusy",
    "TooManyTickets",
    "Verification",
    "Watch",
    "WorkflowService",
    "WrongFile",
    "field_names",
    "import_file",
    "is_done",
    "label_of",
]
