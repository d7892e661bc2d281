"""The services about what is sent to people."""

from dataclasses import dataclass

from services.bootstrap.common import NAMES_FRESH, new_cache
from services.notifications import DeliveryService
from services.users.audit import AuditWriter
from services.users.authorization import RoleService


@dataclass(frozen=True)
class NotificationServices:
    """E-mails about tickets, and what has not arrived."""

    deliveries: DeliveryService


def build_notification_services(*, roles: RoleService, audit_writer: AuditWriter) -> NotificationServices:
    """Build the services about what is sent to people."""
    return NotificationServices(
        deliveries=DeliveryService(roles=roles, audit_writer=audit_writer, cache=new_cache(NAMES_FRESH)),
    )
