"""What pages say of undo: a name for each change, and messages that offer to take it back."""

from collections.abc import Iterable

from flask import flash

from services.tickets import Ticket

Message = str | dict[str, str]


def change_of(ticket: Ticket) -> str | None:
    """Name the change that the call which answered with this ticket wrote; None when it wrote none."""
    return f"{ticket.ticket_id}:{ticket.version}" if ticket.wrote else None


def flash_message(message: Message, category: str) -> None:
    """Show a message on the next page."""
    flash(message, category)  # type: ignore[arg-type]  # Flask keeps any value that JSON can hold


def offering(text: str, changes: Iterable[str | None], *, lead: str = "") -> Message:
    """Make a message to flash_message() that offers to undo changes; `lead` is its first, heavier sentence."""
    undo = " ".join(change for change in changes if change)
    return {"lead": lead, "text": text, "undo": undo} if undo or lead else text
