"""The reporting domain: the columnar copy of the ledger, and every figure computed from it."""

from services.reporting.actor_tickets import tickets_by_actor
from services.reporting.counted import Counted, Measure
from services.reporting.counts import Tally, TicketCounts
from services.reporting.dashboard import DashboardService
from services.reporting.definitions import BEFORE_CREATION, DEFINITIONS, NO_REPLY, Definition
from services.reporting.engine import AnalyticsEngine, Progress
from services.reporting.metrics import MetricsService
from services.reporting.name_order import NameOrder, NamesOf
from services.reporting.ports import Ledger, LedgerEvent, TeamsOf
from services.reporting.preview import AccessPreview, Preview
from services.reporting.reader import preload
from services.reporting.reporting import ReportingService
from services.reporting.reporting_errors import (
    BadPeriod,
    BadSelection,
    CopyBusy,
    CopyDamaged,
    CopyMissing,
    TooLarge,
)
from services.reporting.results import NONE, Figure, Filters, Metrics, Overview, Row, Series
from services.reporting.ticket_lists import TicketLists
from services.reporting.visible_tickets import TicketReader, VisibilityChange

__all__ = [
    "BEFORE_CREATION",
    "DEFINITIONS",
    "NONE",
    "NO_REPLY",
    "AccessPreview",
    "AnalyticsEngine",
    "BadPeriod",
    "BadSelection",
    "CopyBusy",
    "CopyDamaged",
    "CopyMissing",
    "Counted",
    "DashboardService",
    "Definition",
    "Figure",
    "Filters",
    "Ledger",
    "LedgerEvent",
    "Measure",
    "Metrics",
    "MetricsService",
    "NameOrder",
    "NamesOf",
    "Overview",
    "Preview",
    "Progress",
    "ReportingService",
    "Row",
    "Series",
    "Tally",
    "TeamsOf",
    "TicketCounts",
    "TicketLists",
    "TicketReader",
    "TooLarge",
    "VisibilityChange",
    "preload",
    "tickets_by_actor",
]
