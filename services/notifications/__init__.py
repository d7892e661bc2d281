"""What people are told by e-mail of their tickets, and what became of all that is sent."""

from services.notifications.deliveries import Delivery, DeliveryGone, DeliveryService, DeliveryState
from services.notifications.replies import ReplyService, Verdict
from services.notifications.ticket_emails import TicketEmailRule, TicketEmails

__all__ = [
    "Delivery",
    "DeliveryGone",
    "DeliveryService",
    "DeliveryState",
    "ReplyService",
    "TicketEmailRule",
    "TicketEmails",
    "Verdict",
]
