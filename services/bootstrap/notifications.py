"""The services about what is sent to people."""

from dataclasses import dataclass

from services.bootstrap.common import NAMES_FRESH, new_cache
from services.bootstrap.users import UserServices
from services.notifications import DeliveryService, ReplyService, TicketEmails
from services.options import Options
from services.outbox import Outbox


@dataclass(frozen=True)
class NotificationServices:
    """E-mails about tickets, and what has not arrived."""

    ticket_emails: TicketEmails
    deliveries: DeliveryService
    replies: ReplyService


def build_notification_services(
    options: Options, *, outbox: Outbox, users: UserServices
) -> NotificationServices:
    """Build the services about what is sent to people and register what they send with the outbox."""
    ticket_emails = TicketEmails(
        accounts=users.accounts,
        mailer=options.mailer,
        base_url=options.base_url,
        enabled=options.customer_emails,
    )
    replies = ReplyService(
        outbox=outbox,
        mailer=options.mailer,
        base_url=options.base_url,
        own=options.own_addresses,
        key=options.keys("replies")[0],
    )
    for source in (ticket_emails, replies):
        outbox.register(source.kind, source.deliver)
    deliveries = DeliveryService(
        roles=users.roles, audit_writer=users.audit_writer, cache=new_cache(NAMES_FRESH)
    )
    return NotificationServices(ticket_emails=ticket_emails, deliveries=deliveries, replies=replies)
