"""The audit log of administrative events: written in the transaction of what they record, read by administrators."""

from services.users.audit.audit_log import AuditEvent, AuditLogService
from services.users.audit.audit_writer import AuditWriter

__all__ = [
    "AuditEvent",
    "AuditLogService",
    "AuditWriter",
]
