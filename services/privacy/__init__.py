"""The privacy domain: exporting all data about a person, and erasing it."""

from services.privacy.data_export import ExportService, PersonalData
from services.privacy.erasure import COUNTED, ErasurePreview, ErasureProgress, ErasureService
from services.privacy.erasure_steps import build_steps
from services.privacy.export_archive import archive
from services.privacy.name_candidates import Candidate
from services.privacy.personal_data_matcher import ERASED, ERASED_NAME

__all__ = [
    "COUNTED",
    "ERASED",
    "ERASED_NAME",
    "Candidate",
    "ErasurePreview",
    "ErasureProgress",
    "ErasureService",
    "ExportService",
    "PersonalData",
    "archive",
    "build_steps",
]
