"""What people are told by e-mail of their tickets, and what became of all that is sent."""

from services.notifications.deliveries import Delivery, DeliveryGone, DeliveryService, DeliveryState

__all__ = [
    "Delivery",
    "DeliveryGone",
    "DeliveryService",
    "DeliveryState",
]
