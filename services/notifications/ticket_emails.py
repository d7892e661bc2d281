"""E-mails to the requester of a ticket: it was received, answered, solved.

What is queued with a change names the change alone. The text is written at delivery, from the ledger, so that an
erasure reaches what waits.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from models import ticket as ticket_table
from models import ticket_history
from models.ticket import Ticket as TicketItem
from models.ticket_history import TicketHistory
from models.transaction import Also
from services.mail import Email, Mailer
from services.outbox import DeliveryKind, Outbox
from services.tickets import REOPEN_WITHIN, TicketChange, is_done
from services.users.accounts import UserService
from services.users.identity import Actor, User, UserNotFound


class News(StrEnum):
    """What an e-mail tells; its value is how the text begins."""

    RECEIVED = "we have received your request. Its number is {number}."
    ANSWERED = "{who} has answered your request {number}:"
    SOLVED = "{who} has marked your request {number} as solved."
    ANSWERED_AND_SOLVED = "{who} has answered your request {number} and marked it as solved:"


WHERE = {
    News.RECEIVED: "See what happens with it, or add to it:",
    News.ANSWERED: "Write back on this page:",
}
REOPENED = f"If something is missing, write on this page within {REOPEN_WITHIN.days} days:"
NO_REPLY = "Please do not reply to this email. Replies are not read: write on the page above instead."


class TicketEmailRule:
    """Queues the e-mail that a change causes, at most one for each; the consequences of the tickets domain."""

    def __init__(self, outbox: Outbox, *, enabled: bool) -> None:
        self._outbox, self._enabled = outbox, enabled

    def of(self, change: TicketChange) -> Also:
        """Return the entry to write with a change."""
        requester, event = change.after.requester_id, change.event
        if not self._enabled or requester is None or _news(event, requester) is None:
            return ()
        payload = {"user_id": requester, "ticket_id": int(event.ticket_id), "version": int(event.version)}
        return (self._outbox.entry(TicketEmails.kind, payload, now=change.now, id_=email_id(event)),)


class TicketEmails:
    """Writes and sends them; knows who gets none."""

    kind = DeliveryKind.TICKET_EMAIL

    def __init__(self, *, accounts: UserService, mailer: Mailer, base_url: str, enabled: bool) -> None:
        self._accounts, self._mailer, self._enabled = accounts, mailer, enabled
        self._base_url = base_url.rstrip("/")

    def why_none(self, *, actor: Actor, requester: User | None) -> str:
        """Say why a reply of the actor to a requester sends no e-mail; empty if it sends one."""
        if not self._enabled:
            return "Emails to customers are switched off: no email is sent."
        if requester is None:
            return "The requester has no account: no email is sent."
        if requester.user_id == actor.user_id:
            return "This is your own request: no email is sent."
        if not requester.email:
            return f"{requester.name} has no email address: no email is sent."
        if not requester.active:
            return f"{requester.name} is suspended: no email is sent."
        return ""

    def deliver(self, payload: Mapping[str, Any], entry_id: str, now: datetime) -> None:
        """Write and send one e-mail, unless there is nothing to tell any more or nobody to tell it."""
        del now
        ticket = ticket_table.find(payload["ticket_id"])
        event = ticket_history.find(payload["ticket_id"], payload["version"])
        if ticket is None or event is None or ticket.requester_id is None:
            return
        news, requester = _news(event, ticket.requester_id), self._requester(ticket.requester_id)
        if news is None or requester is None or not requester.email or not requester.active:
            return
        if news is News.SOLVED and not is_done(ticket.status):
            return  # taken back before it was told
        text = self._text(news, ticket, event, requester)
        thread = entry_id if event.version == 1 else _thread(event)
        subject = f"[#{int(ticket.ticket_id)}] {ticket.subject}"
        self._mailer.send(Email(requester.email, subject, text, thread=thread), message_id=entry_id)

    def _requester(self, user_id: str) -> User | None:
        try:
            return self._accounts.get(user_id, fresh=True)
        except UserNotFound:
            return None

    def _text(self, news: News, ticket: TicketItem, event: TicketHistory, requester: User) -> str:
        number = int(ticket.ticket_id)
        who = self._accounts.names([event.actor_id]).get(event.actor_id, "The help desk")
        parts = [
            f"Hello {requester.name},",
            news.format(number=f"#{number}", who=who),
            event.body if event.version > 1 and event.public else None,
            f"{WHERE.get(news, REOPENED)}\n{self._base_url}/help/tickets/{number}",
            NO_REPLY,
        ]
        return "\n\n".join(part for part in parts if part) + "\n"


def _news(event: TicketHistory, requester_id: str) -> News | None:
    """Tell what the requester learns of a change; nothing of what they did themselves, or of what was undone."""
    if event.version == 1:
        return News.RECEIVED
    if event.actor_id == requester_id or event.undoes is not None:
        return None
    answered = event.kind == "replied" and event.public and event.actor_kind == "agent"
    was, status = event.changes.get("status", (None, None))
    solved = is_done(status) and not is_done(was)
    if answered:
        return News.ANSWERED_AND_SOLVED if solved else News.ANSWERED
    return News.SOLVED if solved else None


def email_id(event: TicketHistory) -> str:
    """Return the id of the e-mail about a change: the same at each attempt, and nobody else can guess it."""
    return f"ticket-{int(event.ticket_id)}-{int(event.version)}-{event.write_id}"


def _thread(event: TicketHistory) -> str:
    """Return the id of the e-mail that began the conversation, whether or not it was sent."""
    first = ticket_history.find(int(event.ticket_id), 1)
    return email_id(first) if first is not None else ""
