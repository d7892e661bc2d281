"""The audit log: events written in the transaction of what they record, read by administrators."""

from services.users.audit.audit_log import Act, TrailService
from services.users.audit.audit_writer import Recorder

__all__ = [
    "Act",
    "Recorder",
    "TrailService",
]
