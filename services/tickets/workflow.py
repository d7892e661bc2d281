"""Which statuses may follow which, and what replies do to them."""

from datetime import datetime, timedelta

from models.ticket_fields import label_of
from services.tickets.ticket import Ticket
from services.tickets.ticket_errors import NotAllowedNow

REOPEN_WITHIN = timedelta(days=14)

NEXT: dict[str, tuple[str, ...]] = {
    "new": ("open", "pending", "on_hold", "solved", "closed"),
    "open": ("pending", "on_hold", "solved", "closed"),
    "pending": ("open", "on_hold", "solved", "closed"),
    "on_hold": ("open", "pending", "solved", "closed"),
    "solved": ("open", "closed"),
    "closed": ("open",),
}


class WorkflowService:
    """Decides steps between statuses. Imported history is not asked: it happened as it happened."""

    def allowed(self, status: str) -> tuple[str, ...]:
        """List the statuses that may follow, the present one first."""
        return (status, *NEXT[status])

    def check(self, was: str, new: str) -> None:
        """Raise NotAllowedNow unless the step is allowed."""
        if new not in self.allowed(was):
            raise NotAllowedNow(
                f"A ticket cannot go from {label_of('status', was)} to {label_of('status', new)}.",
                {"status": f"Not possible from {label_of('status', was)}."},
            )

    def after_agent_reply(self, status: str) -> str:
        """Tell the status after an agent's public reply when the agent chose none."""
        return "open" if status == "new" else status

    def after_customer_reply(self, ticket: Ticket, now: datetime) -> str:
        """Tell the status after the requester wrote; raises NotAllowedNow when it is too late to reopen."""
        status, closed_at = ticket.status, ticket.closed_at  # an import may not know when
        if status == "closed" and (closed_at is None or now - closed_at > REOPEN_WITHIN):
            raise NotAllowedNow("This ticket is closed. Open a new one and mention its number.")
        return status if status == "new" else "open"
