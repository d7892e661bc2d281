"""Mail over a real server, into a folder, and what the outbox does when a server refuses or is away."""

import smtplib
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from itertools import pairwise

import pytest
from aiosmtpd.controller import Controller

from local.ports import free_port
from models import outbox as outbox_table
from services.mail import Email, FolderMailer, MailDelayed, MailRefused, SmtpMailer
from services.outbox import GIVE_UP, LONGEST, Outbox
from tests.services.harness import START

EMAIL = Email("ana@example.org", "Über\r\nBcc: evil@example.org", "Grüße\n.\nEnde\n")


class Inbox:
    """A mail server's side of the talk: keeps what it takes, and refuses as it is told."""

    def __init__(self):
        self.taken, self.answers = [], []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        self.taken.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=default)))
        return "250 OK"


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def mailer(inbox):
    port = free_port()
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield SmtpMailer("127.0.0.1", port, "desk@example.org", starttls=False)
    controller.stop()


def test_an_email_arrives_as_written_and_goes_to_nobody_else(inbox, mailer):
    mailer.send(EMAIL, message_id="abc")
    ((recipients, message),) = inbox.taken
    assert recipients == ["ana@example.org"]
    assert message["Subject"] == "Über Bcc: evil@example.org"
    assert message["Bcc"] is None
    assert message["Message-ID"] == "<abc@example.org>"
    assert message.get_content().replace("\r\n", "\n") == EMAIL.text


def test_what_a_server_says_decides_whether_it_is_tried_again(inbox, mailer):
    inbox.answers = ["550 no such person", "450 not now"]
    with pytest.raises(MailRefused):
        mailer.send(EMAIL, message_id="a")
    with pytest.raises(MailDelayed):
        mailer.send(EMAIL, message_id="a")
    mailer.send(EMAIL, message_id="a")
    with pytest.raises(MailDelayed):
        SmtpMailer("127.0.0.1", 1, "desk@example.org").send(EMAIL, message_id="a")


def test_a_line_that_cannot_be_encrypted_is_not_used(inbox, mailer):
    safe = SmtpMailer(mailer.host, mailer.port, mailer.sender, "user", "secret", starttls=True)
    with pytest.raises(MailDelayed):
        safe.send(EMAIL, message_id="a")
    assert inbox.taken == []


def test_a_folder_holds_an_email_once(tmp_path):
    mailer = FolderMailer(tmp_path / "mail", "desk@example.org")
    for _ in range(2):
        mailer.send(EMAIL, message_id="abc")
    (file,) = (tmp_path / "mail").iterdir()
    message = message_from_bytes(file.read_bytes(), policy=default)
    assert message.get_content().replace("\r\n", "\n") == EMAIL.text


@pytest.fixture
def outbox(tables):
    return Outbox(lambda: "one")


def test_a_delivery_is_made_once_it_works_and_waits_longer_each_time(outbox):
    tries = []

    def deliver(payload, entry_id, now):
        tries.append(now)
        if len(tries) < 4:
            raise MailDelayed("away")

    outbox.register("account_email", deliver)
    outbox.put("account_email", {"to": "ana"}, now=START)
    for second in range(200):
        outbox.deliver_due(now=START + timedelta(seconds=second))
    waits = [(later - earlier).total_seconds() for earlier, later in pairwise(tries)]
    assert waits == [10, 20, 40]
    assert outbox_table.everything() == []


def test_entries_under_an_earlier_name_of_their_kind_are_delivered(outbox):
    delivered = []
    outbox.register("account_email", lambda payload, _id, _now: delivered.append(payload["to"]))
    outbox.put("letter", {"to": "ana"}, now=START)
    outbox.put("account_email", {"to": "ben"}, now=START + timedelta(seconds=1))
    assert outbox.deliver_due(now=START + timedelta(seconds=1)) == 2
    assert delivered == ["ana", "ben"]
    assert outbox_table.everything() == []


@pytest.mark.parametrize("error", [MailRefused("550"), smtplib.SMTPException("odd")])
def test_one_that_cannot_be_made_holds_nothing_up(outbox, error):
    delivered = []

    def deliver(payload, entry_id, now):
        if payload["to"] == "bad":
            raise error
        delivered.append(payload["to"])

    outbox.register("account_email", deliver)
    for to in ("bad", "good"):
        Outbox(lambda to=to: to).put("account_email", {"to": to}, now=START)
    outbox.deliver_due(now=START)
    assert delivered == ["good"]
    left = outbox_table.everything()
    assert len(left) == (0 if isinstance(error, MailRefused) else 1)
    for item in left:
        outbox_table.done(item)


def test_whoever_is_told_to_stop_finishes_the_delivery_at_hand(outbox):
    delivered = []

    def deliver(payload, entry_id, now):
        delivered.append(entry_id)

    outbox.register("account_email", deliver)
    for number in range(5):
        Outbox(lambda number=number: str(number)).put("account_email", {}, now=START)
    assert outbox.deliver_due(now=START, stopping=lambda: len(delivered) == 2) == 2
    assert outbox.deliver_due(now=START) == 3
    assert sorted(delivered) == list("01234")


def test_it_gives_up_in_the_end(outbox):
    tries = []

    def deliver(payload, entry_id, now):
        tries.append(now)
        raise MailDelayed("away")

    outbox.register("account_email", deliver)
    outbox.put("account_email", {}, now=START)
    for step in range(GIVE_UP * 2):
        outbox.deliver_due(now=START + step * LONGEST)
    assert len(tries) == GIVE_UP
    assert outbox_table.everything() == []
