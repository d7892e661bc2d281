"""Replies to our e-mails: nobody reads them, and whoever writes one is told so, once a day, and where to write instead.

Only who quotes the id of an e-mail of ours is answered by e-mail. Any other message is refused while it is being sent,
so that the sender's own server tells them: an answer would go to whatever address a stranger claims to write from.
"""

import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.message import EmailMessage
from enum import StrEnum
from typing import Any

import structlog

from models import idempotency_key, ticket_history, transaction
from models.idempotency_key import IdempotencyKey
from models.store_errors import StoreError
from services.errors import Invalid
from services.mail import Email, Mailer
from services.notifications.ticket_emails import email_id
from services.outbox import DeliveryKind, Outbox
from services.users.identity import normalize_email

REMEMBER = timedelta(days=7)  # longer than any mail server tries to send a message
OURS = re.compile(r"<(ticket-([0-9]{1,15})-([0-9]{1,9})-[0-9a-f]{32})@")
MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}@[!-;=?-~]{1,250}>")
MOST_REFERENCES = 10
ROBOTS = re.compile(
    r"(mailer-daemon|postmaster|.*no-?reply.*|.*-(request|bounces?|owner))(\+.*)?@|owner-|.*\+bounces?="
)
# Headers of machines: whatever they say, an answer would be read by nobody, or be answered again.
AUTOMATIC = (
    "List-Id",
    "List-Unsubscribe",
    "List-Post",
    "X-Auto-Response-Suppress",
    "X-Autoreply",
    "X-Autorespond",
    "X-Loop",
)
BULK = ("bulk", "list", "junk", "auto_reply")

log = structlog.get_logger()


class Verdict(StrEnum):
    """What becomes of a message: all but REFUSED are taken, and then dropped."""

    ANSWERED = "answered"
    KNOWN = "known"  # the same message again, or the second one of a sender on one day
    AUTOMATIC = "automatic"
    REFUSED = "refused"


class _Known(StoreError):
    """This message was taken before, or its sender was answered today."""


class ReplyService:
    """Decides about messages that arrive, and answers them through the outbox; keeps nothing of what they say."""

    kind = DeliveryKind.REPLY_ANSWER

    def __init__(
        self, *, outbox: Outbox, mailer: Mailer, base_url: str, own: frozenset[str], key: bytes
    ) -> None:
        self._outbox, self._mailer, self._base_url, self._own = outbox, mailer, base_url.rstrip("/"), own
        self._key = key

    @property
    def advice(self) -> str:
        """Say what a refused sender is told."""
        return f"Replies are not read. Please write at {self._base_url}"

    def receive(self, *, sender: str, message: EmailMessage, now: datetime) -> Verdict:
        """Take a message from the address that its server names as the sender, empty for a bounce.

        When this returns, the answer is in the outbox. The same message may arrive again, also after a crash, and
        changes nothing then. Raises EngineUnavailable: it has to be sent again later.
        """
        ticket_id, verdict = None, self._automatic(sender, message)
        if verdict is None:
            ticket_id = _ticket_of(message)
            verdict = Verdict.REFUSED if ticket_id is None else self._answer(sender, ticket_id, message, now)
        log.info("reply_received", verdict=verdict.value, ticket_id=ticket_id)
        return verdict

    def deliver(self, payload: Mapping[str, Any], entry_id: str, now: datetime) -> None:
        """Send one answer."""
        del now
        number = payload["ticket_id"]
        text = (
            "Hello,\n\nthank you for your message. Replies to our emails are not read, so nobody has seen it.\n\n"
            f"Please write on the page of your request instead:\n{self._base_url}/help/tickets/{number}\n"
        )
        email = Email(
            payload["email"],
            f"Your reply about request #{number} was not read",
            text,
            answers=payload["message_id"],
            automatic="auto-replied",
        )
        self._mailer.send(email, message_id=entry_id)

    def _automatic(self, sender: str, message: EmailMessage) -> Verdict | None:
        """Tell what needs no answer, whatever it says: RFC 3834."""
        try:
            address = normalize_email(sender)
        except Invalid:
            return Verdict.REFUSED if sender else Verdict.AUTOMATIC
        robot = (
            address in self._own
            or ROBOTS.match(address) is not None
            or (_header(message, "Auto-Submitted") or "no").casefold().partition(";")[0].strip() != "no"
            or (_header(message, "Precedence") or "").casefold() in BULK
            or _header(message, "Return-Path") == "<>"
            or any(name in message for name in AUTOMATIC)
        )
        return Verdict.AUTOMATIC if robot else None

    def _answer(self, sender: str, ticket_id: int, message: EmailMessage, now: datetime) -> Verdict:
        address, given = normalize_email(sender), _header(message, "Message-ID") or ""
        # A message without an id goes by the headers that stay the same when it is sent again.
        identity = given or "\n".join(_header(message, name) or "" for name in ("Date", "Subject", "From"))
        keys = [
            IdempotencyKey(key=f"reply:{self._digest(address, name)}", value={}, expires_at=now + REMEMBER)
            for name in (identity, f"{now:%Y-%m-%d}")
        ]
        known_id = MESSAGE_ID.fullmatch(given) is not None
        payload = {"email": address, "ticket_id": ticket_id, "message_id": given if known_id else ""}
        try:
            transaction.write(
                *(idempotency_key.first(key, refused=_Known) for key in keys),
                also=[self._outbox.entry(self.kind, payload, now=now)],
            )
        except _Known:
            return Verdict.KNOWN
        return Verdict.ANSWERED

    def _digest(self, *parts: str) -> str:
        """Name a sender and a message or a day so that nobody can try out who it was."""
        return hmac.digest(self._key, "\n".join(parts).encode("utf-8", "surrogateescape"), "sha256").hex()


def _ticket_of(message: EmailMessage) -> int | None:
    """Return the ticket of an e-mail of ours that the message answers; None if it names none that exists."""
    named = " ".join(_header(message, name) or "" for name in ("In-Reply-To", "References"))
    for reference in list(OURS.finditer(named))[:MOST_REFERENCES]:
        event = ticket_history.find(int(reference[2]), int(reference[3]))
        if event is not None and email_id(event) == reference[1]:
            return int(reference[2])
    return None


def _header(message: EmailMessage, name: str) -> str | None:
    """Read a header that a stranger wrote; None where it is missing or not readable."""
    try:
        value = message[name]
    except (
        ValueError,
        IndexError,
        TypeError,
        AttributeError,
    ):  # the parser's, for headers that are broken enough
        return None
    return None if value is None else str(value).strip()
