"""Mail as it leaves the house: over SMTP, or into a folder where a developer can read it."""

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
    """The mail server will never take this message: trying again is useless."""


class MailDelayed(Exception):
    """The mail server could not be reached, or asks to try again later."""


@dataclass(frozen=True)
class Email:
    """One message: to whom, about what; the text is plain and may hold one link."""

    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """Something that takes mail."""

    def send(self, mail_message: Email, *, message_id: str) -> None:
        """Send a letter; the id stays the same when it is sent again. Raises MailRefused, MailDelayed."""

    def forget(self, mentions: Callable[[str], bool]) -> int:
        """Delete letters that were sent and lie here still, where their text mentions somebody; how many."""


@dataclass(frozen=True)
class SmtpMailer:
    """Hands mail to a server; `username` empty means no sign-in, `starttls` wants an encrypted line."""

    host: str
    port: int
    sender: str
    username: str = ""
    password: str = ""
    starttls: bool = True
    connect: Callable[..., smtplib.SMTP] = smtplib.SMTP

    def send(self, mail_message: Email, *, message_id: str) -> None:
        """Send over SMTP."""
        message = compose(mail_message, sender=self.sender, message_id=message_id)
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
            lasting = answer.smtp_code >= 500 and not isinstance(answer, smtplib.SMTPAuthenticationError)
            raise (MailRefused if lasting else MailDelayed)(str(answer.smtp_code)) from answer
        except (OSError, smtplib.SMTPException) as error:
            raise MailDelayed(type(error).__name__) from error

    def forget(self, mentions: Callable[[str], bool]) -> int:
        """Delete nothing: what was sent has left the house."""
        del mentions
        return 0


@dataclass(frozen=True)
class FolderMailer:
    """Writes mail into a folder, one file each, named by its id: sent twice, it is there once."""

    folder: Path
    sender: str

    def send(self, mail_message: Email, *, message_id: str) -> None:
        """Write the message beside its place and move it there whole."""
        self.folder.mkdir(parents=True, exist_ok=True)
        message = compose(mail_message, sender=self.sender, message_id=message_id)
        path = self.folder / f"{message_id}.eml"
        fresh = path.with_suffix(".new")
        fresh.write_bytes(message.as_bytes())
        fresh.replace(path)

    def forget(self, mentions: Callable[[str], bool]) -> int:
        """Delete letters to or about somebody, half-written ones too."""
        found = [path for path in sorted(self.folder.glob("*.*")) if mentions(_words(path))]
        for path in found:
            path.unlink(missing_ok=True)
        return len(found)


def _words(path: Path) -> str:
    """Read what a person would read of a letter."""
    message = read(path)
    body = message.get_body(("plain",))
    text = body.get_content() if body is not None else ""
    return f"{message['To']}\n{message['Subject']}\n{text}"


def read(path: Path) -> EmailMessage:
    """Read a letter from its file."""
    return message_from_bytes(path.read_bytes(), policy=SMTP)


def compose(mail_message: Email, *, sender: str, message_id: str) -> EmailMessage:
    """Build the message; headers take no line breaks, whatever a name holds."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name="Ledgerdesk", addr_spec=sender)
    message["To"] = Address(addr_spec=mail_message.to)
    message["Subject"] = " ".join(mail_message.subject.split())
    message["Message-ID"] = f"<{message_id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail_message.text)
    return message
