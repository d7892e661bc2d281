"""The audit log: events written in the transaction of what they record, read by administrators."""

from services.users.audit.audit_log import AuditEvent, AuditLogService
from services.users.audit.audit_writer import AuditWriter
from services.users.audit.security_log import NOBODY, UNKNOWN_ACCOUNT, SecurityLog

__all__ = [
    "NOBODY",
    "UNKNOWN_ACCOUNT",
    "AuditEvent",
    "AuditLogService",
    "AuditWriter",
    "SecurityLog",
]
