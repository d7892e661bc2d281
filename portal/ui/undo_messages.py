"""Undo on pages: a name for each change, and messages that offer to undo it."""

from collections.abc import Iterable

from flask import flash

from services.tickets import Ticket

Message = str | dict[str, str]


def change_of(ticket: Ticket) -> str | None:
    """Return the name of the change that returned this ticket, None if it changed nothing."""
    return f"{ticket.ticket_id}:{ticket.version}" if ticket.wrote else None


def flash_message(message: Message, category: str) -> None:
    """Show a message on the next page."""
    flash(message, category)  # type: ignore[arg-type]  # Flask keeps any value that JSON can hold


def offering(text: str, changes: Iterable[str | None], *, lead: str = "") -> Message:
    """Build a message for flash_message() that offers to undo changes; `lead` is its first sentence, in bold."""
    undo = " ".join(change for change in changes if change)
    return {"lead": lead, "text": text, "undo": undo} if undo or lead else text
