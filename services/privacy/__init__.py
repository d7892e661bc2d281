"""The privacy domain: handing out all that is held about a person, and erasing it."""

from services.privacy.data_export import ExportService, PersonalData
from services.privacy.erasure import COUNTED, ErasureService, Outlook, Progress
from services.privacy.erasure_steps import in_order
from services.privacy.export_archive import archive
from services.privacy.personal_data_matcher import ERASED, ERASED_NAME

__all__ = [
    "COUNTED",
    "ERASED",
    "ERASED_NAME",
    "ErasureService",
    "ExportService",
    "Outlook",
    "PersonalData",
    "Progress",
    "archive",
    "in_order",
]
