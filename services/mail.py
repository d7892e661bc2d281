"""Sends e-mails: over SMTP, or into a folder where a developer can read them."""

import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from pathlib import Path
from typing import Protocol

TIMEOUT = 20.0
PRODUCT = "Ledgerdesk"


class MailRefused(Exception):
    """The mail server will never accept this message: trying again is useless."""


class MailDelayed(Exception):
    """The mail server asks to try again later."""


class MailUnreachable(MailDelayed):
    """The mail server takes no message at all for now: it cannot be reached, trusted or signed in to."""


@dataclass(frozen=True)
class Email:
    """One e-mail; the text is plain and may hold one link.

    `thread` is the id of the e-mail of ours that began the conversation, `answers` the Message-ID of an e-mail of
    somebody else. `automatic` tells other programs why it was sent: RFC 3834.
    """

    to: str
    subject: str
    text: str
    thread: str = ""
    answers: str = ""
    automatic: str = "auto-generated"


@dataclass(frozen=True)
class Mailbox:
    """An e-mail address with the name that stands before it."""

    address: str
    name: str = PRODUCT

    def __str__(self) -> str:
        """Write it as a header does."""
        return str(self.header())

    def header(self) -> Address:
        """Return what a header is made of."""
        return Address(self.name, addr_spec=self.address)


@dataclass(frozen=True)
class Sender:
    """Whom e-mails are from, and where replies go: to the same address without `reply_to`."""

    mailbox: Mailbox
    reply_to: Mailbox | None = None

    def message_id(self, id_: str) -> str:
        """Write an id of ours as a Message-ID."""
        return f"<{id_}@{self.mailbox.address.rpartition('@')[2]}>"


class Security(StrEnum):
    """How the line to the mail server is encrypted."""

    STARTTLS = "starttls"
    TLS = "tls"  # from the first byte, as on port 465
    NONE = "none"


class Mailer(Protocol):
    """Something that sends e-mails."""

    def send(self, email: Email, *, message_id: str) -> None:
        """Send an e-mail; a retry has the same id. Raises MailRefused, MailDelayed."""

    def forget(self, mentions: Callable[[str], bool]) -> int:
        """Delete sent e-mails that are still stored here and mention somebody; return how many."""


@dataclass(frozen=True)
class SmtpMailer:
    """Sends over SMTP; an empty `username` means no authentication, `verify` that the certificate is checked."""

    host: str
    port: int
    sender: Sender
    clock: Callable[[], datetime]
    username: str = ""
    password: str = ""
    security: Security = Security.STARTTLS
    verify: bool = True

    def send(self, email: Email, *, message_id: str) -> None:
        """Send the e-mail to the server."""
        message = compose(email, sender=self.sender, message_id=message_id, at=self.clock())
        server = self._connected()
        try:
            server.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            codes = {code for code, _ in refused.recipients.values()}
            raise (MailRefused if min(codes) >= 500 else MailDelayed)(str(sorted(codes))) from refused
        except smtplib.SMTPSenderRefused as refused:
            raise MailUnreachable(f"sender refused: {refused.smtp_code}") from refused
        except smtplib.SMTPResponseException as answer:
            refusal = MailRefused if answer.smtp_code >= 500 else MailDelayed
            raise refusal(str(answer.smtp_code)) from answer
        except (OSError, smtplib.SMTPException) as error:
            raise MailDelayed(type(error).__name__) from error
        finally:
            # The message was taken or not; how the server says goodbye changes nothing about that.
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
            server.close()

    def _connected(self) -> smtplib.SMTP:
        """Connect, encrypt and sign in; whatever fails here fails for every message."""
        try:
            if self.security is Security.TLS:
                server: smtplib.SMTP = smtplib.SMTP_SSL(
                    self.host, self.port, timeout=TIMEOUT, context=self._tls()
                )
            else:
                server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)
            try:
                if self.security is Security.STARTTLS:
                    server.starttls(context=self._tls())
                if self.username:
                    server.login(self.username, self.password)
            except BaseException:
                server.close()
                raise
        except ssl.SSLCertVerificationError as error:
            raise MailUnreachable(f"certificate not accepted: {error.verify_message}") from error
        except smtplib.SMTPResponseException as answer:
            raise MailUnreachable(f"{type(answer).__name__} {answer.smtp_code}") from answer
        except (OSError, smtplib.SMTPException) as error:
            raise MailUnreachable(type(error).__name__) from error
        return server

    def _tls(self) -> ssl.SSLContext:
        """Trust the authorities of the system, or of SSL_CERT_FILE, for the name of the host."""
        context = ssl.create_default_context()
        if not self.verify:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context

    def forget(self, mentions: Callable[[str], bool]) -> int:
        """Delete nothing: sent e-mails are not stored here."""
        del mentions
        return 0


@dataclass(frozen=True)
class FolderMailer:
    """Writes each e-mail into a file named by its id, so that one sent twice is there once."""

    folder: Path
    sender: Sender
    clock: Callable[[], datetime]

    def send(self, email: Email, *, message_id: str) -> None:
        """Write the file under a temporary name, then rename it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        message = compose(email, sender=self.sender, message_id=message_id, at=self.clock())
        path = self.folder / f"{message_id}.eml"
        fresh = path.with_suffix(".new")
        fresh.write_bytes(message.as_bytes())
        fresh.replace(path)

    def forget(self, mentions: Callable[[str], bool]) -> int:
        """Delete e-mails to or about somebody, including half-written ones."""
        paths = [path for path in sorted(self.folder.glob("*.*")) if mentions(_visible_text(path))]
        for path in paths:
            path.unlink(missing_ok=True)
        return len(paths)


def _visible_text(path: Path) -> str:
    """Read the parts of an e-mail that people see."""
    message = read(path)
    body = message.get_body(("plain",))
    text = body.get_content() if body is not None else ""
    return f"{message['To']}\n{message['Subject']}\n{text}"


def read(path: Path) -> EmailMessage:
    """Read an e-mail from its file."""
    return message_from_bytes(path.read_bytes(), policy=SMTP)


def compose(email: Email, *, sender: Sender, message_id: str, at: datetime) -> EmailMessage:
    """Build the message; headers contain no line breaks, whatever a name contains."""
    message = EmailMessage(policy=SMTP)
    message["Date"] = at
    message["From"] = sender.mailbox.header()
    if sender.reply_to is not None:
        message["Reply-To"] = sender.reply_to.header()
    message["To"] = Address(addr_spec=email.to)
    message["Subject"] = " ".join(email.subject.split())
    message["Message-ID"] = sender.message_id(message_id)
    begun = sender.message_id(email.thread) if email.thread not in ("", message_id) else email.answers
    if begun:
        message["In-Reply-To"] = message["References"] = begun
    message["Auto-Submitted"] = email.automatic
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(email.text)
    return message
