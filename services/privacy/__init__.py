"""The privacy domain: handing out all that is held about a person, and erasing it."""

from services.privacy.erasure import COUNTED, ErasureService, Outlook, Progress
from services.privacy.held import ExportService, Held
from services.privacy.ledger import LedgerStep
from services.privacy.packing import archive
from services.privacy.steps import AccountStep, FilesStep, MailStep, Step, TablesStep, TrailStep
from services.privacy.traces import ERASED, ERASED_NAME

__all__ = [
    "COUNTED",
    "ERASED",
    "ERASED_NAME",
    "AccountStep",
    "ErasureService",
    "ExportService",
    "FilesStep",
    "Held",
    "LedgerStep",
    "MailStep",
    "Outlook",
    "Progress",
    "Step",
    "TablesStep",
    "TrailStep",
    "archive",
]
