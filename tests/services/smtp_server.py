"""A real mail server in this process, and a mailer that sends to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from local.ports import free_port
from services.mail import Mailbox, Sender, SmtpMailer
from tests.services.harness import START


class Inbox:
    """A mail server's side of the talk: keeps what it takes, and refuses as it is told."""

    def __init__(self):
        self.taken, self.answers, self.sender_answer, self.goodbye = [], [], "250 OK", "221 Bye"

    async def handle_QUIT(self, _server, _session, _envelope):  # noqa: N802 - aiosmtpd's name
        return self.goodbye

    async def handle_MAIL(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        envelope.mail_from = address
        return self.sender_answer

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        self.taken.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=default)))
        return "250 OK"


@contextmanager
def serving(inbox: Inbox, **options: Any) -> Iterator[Controller]:
    """Run a mail server, over TLS if the options say so."""
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    yield controller
    controller.stop()


SENDER = Sender(Mailbox("desk@example.org"))


def sender(server: Controller, **options: Any) -> SmtpMailer:
    """Build a mailer that sends to a test's server."""
    return SmtpMailer(server.hostname, server.port, **{"sender": SENDER, "clock": lambda: START, **options})
