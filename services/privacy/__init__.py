"""The privacy domain: handing out all that is held about a person, and erasing it."""

from services.privacy.erasure import COUNTED, ErasureService, Outlook, Progress
from services.privacy.held import ExportService, Held
from services.privacy.packing import archive
from services.privacy.steps import in_order
from services.privacy.traces import ERASED, ERASED_NAME

__all__ = [
    "COUNTED",
    "ERASED",
    "ERASED_NAME",
    "ErasureService",
    "ExportService",
    "Held",
    "Outlook",
    "Progress",
    "archive",
    "in_order",
]
