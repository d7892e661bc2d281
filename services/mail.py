"""Sends e-mails: over SMTP, or into a folder where a developer can read them."""

import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Protocol

TIMEOUT = 20.0


class MailRefused(Exception):
    """The mail server will never accept this message: trying again is useless."""


class MailDelayed(Exception):
    """The mail server could not be reached, or asks to try again later."""


@dataclass(frozen=True)
class Email:
    """One e-mail; the text is plain and may hold one link."""

    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """Something that sends e-mails."""

    def send(self, email: Email, *, message_id: str) -> None:
        """Send an e-mail; a retry has the same id. Raises MailRefused, MailDelayed."""

    def forget(self, mentions: Callable[[str], bool]) -> int:
        """Delete sent e-mails that are still stored here and mention somebody; return how many."""


@dataclass(frozen=True)
class SmtpMailer:
    """Sends over SMTP; an empty `username` means no authentication, `starttls` requires encryption."""

    host: str
    port: int
    sender: str
    username: str = ""
    password: str = ""
    starttls: bool = True
    connect: Callable[..., smtplib.SMTP] = smtplib.SMTP

    def send(self, email: Email, *, message_id: str) -> None:
        """Send the e-mail to the server."""
        message = compose(email, sender=self.sender, message_id=message_id)
        try:
            with self.connect(self.host, self.port, timeout=TIMEOUT) as server:
                if self.starttls:
                    server.starttls()
                if self.username:
                    server.login(self.username, self.password)
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            codes = {code for code, _ in refused.recipients.values()}
            raise (MailRefused if min(codes) >= 500 else MailDelayed)(str(sorted(codes))) from refused
        except smtplib.SMTPResponseException as answer:
            permanent = answer.smtp_code >= 500 and not isinstance(answer, smtplib.SMTPAuthenticationError)
            raise (MailRefused if permanent else MailDelayed)(str(answer.smtp_code)) from answer
        except (OSError, smtplib.SMTPException) as error:
            raise MailDelayed(type(error).__name__) from error

    def forget(self, mentions: Callable[[str], bool]) -> int:
        """Delete nothing: sent e-mails are not stored here."""
        del mentions
        return 0


@dataclass(frozen=True)
class FolderMailer:
    """Writes each e-mail into a file named by its id, so that one sent twice is there once."""

    folder: Path
    sender: str

    def send(self, email: Email, *, message_id: str) -> None:
        """Write the file under a temporary name, then rename it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        message = compose(email, sender=self.sender, message_id=message_id)
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


def compose(email: Email, *, sender: str, message_id: str) -> EmailMessage:
    """Build the message; headers contain no line breaks, whatever a name contains."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name="Ledgerdesk", addr_spec=sender)
    message["To"] = Address(addr_spec=email.to)
    message["Subject"] = " ".join(email.subject.split())
    message["Message-ID"] = f"<{message_id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(email.text)
    return message
