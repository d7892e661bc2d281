"""The small mail server that takes replies from yours: it decides about each message at once and keeps none."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from email import message_from_bytes
from email.policy import default

import structlog
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.errors import EngineUnavailable, Invalid
from services.notifications import ReplyService, Verdict
from services.users.identity import normalize_email

LARGEST = 25_000_000  # bytes; with what people attach
SILENT_SECONDS = 60.0
NOT_HERE, LATER, TAKEN = "550 5.1.1 There is no such mailbox here", "451 4.3.0 Try again later", "250 OK"

log = structlog.get_logger()


class Handler:
    """Answers a mail server; accepts messages to one address only."""

    def __init__(self, replies: ReplyService, address: str, clock: Callable[[], datetime]) -> None:
        self._replies, self._address, self._clock = replies, address, clock

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuse whatever is not for us, so that nothing can be relayed."""
        del server, session, options
        try:
            ours = normalize_email(address) == self._address
        except Invalid:
            ours = False
        if not ours:
            return NOT_HERE
        envelope.rcpt_tos.append(address)
        return TAKEN

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Settle a message; only when the answer is stored is it taken."""
        del server, session
        sender = (envelope.mail_from or "").strip("<>")  # nothing but brackets, where it is a bounce
        return await asyncio.to_thread(self._settle, sender, envelope.original_content or b"")

    def _settle(self, sender: str, content: bytes) -> str:
        head = content.partition(b"\r\n\r\n")[0]  # the rest is dropped unread
        message = message_from_bytes(head, policy=default)
        try:
            verdict = self._replies.receive(sender=sender, message=message, now=self._clock())
        except EngineUnavailable as error:
            log.warning("reply_waits_for_engine", error=str(error))
            return LATER
        except Exception as error:
            log.error("reply_failed", exc_info=error)
            return LATER
        return f"550 5.7.1 {self._replies.advice}" if verdict is Verdict.REFUSED else TAKEN


class ReplyListener:
    """Listens in a thread of its own; where another worker listens already, tries again when asked."""

    def __init__(self, host: str, port: int, handler: Handler) -> None:
        self._host, self._port, self._handler = host, port, handler
        self._controller: Controller | None = None

    def ensure(self) -> None:
        """Begin to listen, unless this is done."""
        if self._controller is not None:
            return
        controller = Controller(
            self._handler,
            hostname=self._host,
            port=self._port,
            ident="Ledgerdesk",
            data_size_limit=LARGEST,
            timeout=SILENT_SECONDS,
        )
        try:
            controller.start()
        except OSError as error:
            log.warning("replies_not_listening", error=str(error))
            controller.loop.close()
            return
        self._controller = controller
        log.info("replies_listening", host=self._host, port=self._port)

    def stop(self) -> None:
        """Listen no more; what is being settled is finished."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None
