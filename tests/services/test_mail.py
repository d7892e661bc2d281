"""Mail over a real server, into a folder, and what the outbox does when a server refuses or is away."""

import smtplib
import ssl
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from itertools import pairwise
from threading import Barrier

import pytest
import trustme

from models import outbox as outbox_table
from services.mail import (
    Email,
    FolderMailer,
    Mailbox,
    MailDelayed,
    MailRefused,
    MailUnreachable,
    Security,
    Sender,
    SmtpMailer,
)
from services.outbox import CLAIM, GIVE_UP_AFTER, KEEP_FAILED, LONGEST, Outbox
from tests.services.harness import START
from tests.services.smtp_server import SENDER, Inbox, sender, serving

EMAIL = Email("ana@example.org", "Über\r\nBcc: evil@example.org", "Grüße\n.\nEnde\n")


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def mailer(inbox):
    with serving(inbox) as server:
        yield sender(server, security=Security.NONE)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def trusted(authority, tmp_path, monkeypatch):
    """Trust the test's authority as an operator would who has one of their own."""
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))


@pytest.fixture(params=[Security.STARTTLS, Security.TLS])
def secure_server(request, inbox, authority):
    """Run a server that encrypts, with a certificate for 127.0.0.1 or for the name that a test asks for."""

    @contextmanager
    def run(name="127.0.0.1"):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(name).configure_cert(context)
        starttls = {"tls_context": context, "require_starttls": True}
        options = starttls if request.param is Security.STARTTLS else {"ssl_context": context}
        with serving(inbox, **options) as server:
            yield sender(server, security=request.param)

    return run


def test_an_email_arrives_as_written_and_goes_to_nobody_else(inbox, mailer):
    mailer.send(EMAIL, message_id="abc")
    ((recipients, message),) = inbox.taken
    assert recipients == ["ana@example.org"]
    assert message["Subject"] == "Über Bcc: evil@example.org"
    assert message["Bcc"] is None
    assert message["From"] == "Ledgerdesk <desk@example.org>"
    assert message["Reply-To"] is None
    assert message["Message-ID"] == "<abc@example.org>"
    assert message["Date"].datetime == START
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message.get_content().replace("\r\n", "\n") == EMAIL.text


def test_an_email_of_a_conversation_names_the_first_one_and_where_replies_go(inbox, mailer):
    desk = replace(
        mailer, sender=Sender(Mailbox("desk@example.org", "Hilfe, Büro"), Mailbox("no@example.org"))
    )
    desk.send(replace(EMAIL, thread="first"), message_id="first")
    desk.send(replace(EMAIL, thread="first"), message_id="second")
    (_, first), (_, second) = inbox.taken
    assert first["In-Reply-To"] is first["References"] is None
    assert second["In-Reply-To"] == second["References"] == first["Message-ID"] == "<first@example.org>"
    assert second["From"].addresses[0].display_name == "Hilfe, Büro"
    assert second["Reply-To"].addresses[0].addr_spec == "no@example.org"


def test_what_a_server_says_decides_whether_it_is_tried_again(inbox, mailer):
    inbox.answers = ["550 no such person", "450 not now"]
    with pytest.raises(MailRefused):
        mailer.send(EMAIL, message_id="a")
    with pytest.raises(MailDelayed):
        mailer.send(EMAIL, message_id="a")
    mailer.send(EMAIL, message_id="a")
    with pytest.raises(MailUnreachable):
        SmtpMailer("127.0.0.1", 1, SENDER, lambda: START).send(EMAIL, message_id="a")


@pytest.mark.parametrize("goodbye", ["421 in a hurry", "500 what"])
def test_how_a_server_says_goodbye_does_not_matter(inbox, mailer, goodbye):
    """It has taken the message: an error now would send it again."""
    inbox.goodbye = goodbye
    mailer.send(EMAIL, message_id="a")
    assert len(inbox.taken) == 1


def test_a_server_that_refuses_the_sender_refuses_everybody_and_nothing_is_lost(inbox, mailer):
    inbox.sender_answer = "553 not you"
    with pytest.raises(MailUnreachable, match="553"):
        mailer.send(EMAIL, message_id="a")


def test_a_line_that_cannot_be_encrypted_is_not_used(inbox, mailer):
    for security in (Security.STARTTLS, Security.TLS):
        safe = replace(mailer, username="user", password="secret", security=security)
        with pytest.raises(MailUnreachable):
            safe.send(EMAIL, message_id="a")
    assert inbox.taken == []


@pytest.mark.usefixtures("trusted")
def test_an_email_goes_over_an_encrypted_line(inbox, secure_server):
    with secure_server() as mailer:
        mailer.send(EMAIL, message_id="a")
    assert [recipients for recipients, _ in inbox.taken] == [["ana@example.org"]]


def test_a_certificate_of_an_unknown_authority_is_refused(inbox, secure_server):
    with secure_server() as mailer:
        with pytest.raises(MailUnreachable, match="certificate"):
            mailer.send(EMAIL, message_id="a")
        assert inbox.taken == []
        replace(mailer, verify=False).send(EMAIL, message_id="a")
    assert len(inbox.taken) == 1


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_name_is_refused(inbox, secure_server):
    with secure_server("mail.example.org") as mailer, pytest.raises(MailUnreachable, match="certificate"):
        mailer.send(EMAIL, message_id="a")
    assert inbox.taken == []


def test_a_folder_holds_an_email_once(tmp_path):
    mailer = FolderMailer(tmp_path / "mail", SENDER, lambda: START)
    for _ in range(2):
        mailer.send(EMAIL, message_id="abc")
    (file,) = (tmp_path / "mail").iterdir()
    message = message_from_bytes(file.read_bytes(), policy=default)
    assert message["Date"].datetime == START
    assert message.get_content().replace("\r\n", "\n") == EMAIL.text


@pytest.fixture
def outbox(tables):
    yield Outbox(lambda: "one")
    for item in outbox_table.everything():
        outbox_table.done(item)


def failing(error, tries=None):
    """Build a delivery that always fails, and notes when it was tried."""

    def deliver(payload, entry_id, now):
        if tries is not None:
            tries.append(now)
        raise error

    return deliver


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


@pytest.mark.parametrize("error", [MailRefused("550"), MailDelayed("450"), smtplib.SMTPException("odd")])
def test_one_that_cannot_be_made_holds_nothing_up(outbox, error):
    delivered = []

    def deliver(payload, entry_id, now):
        if payload["to"] == "bad":
            raise error
        delivered.append(payload["to"])

    outbox.register("account_email", deliver)
    for to in ("bad", "good"):
        Outbox(lambda to=to: to).put("account_email", {"to": to}, now=START)
    assert outbox.deliver_due(now=START) == 1
    assert delivered == ["good"]
    assert [(item.shard, item.entry_id) for item in outbox_table.everything()] == [
        ("failed" if isinstance(error, MailRefused) else "all", "bad")
    ]


def test_a_server_that_takes_nothing_is_not_asked_again_for_every_message(outbox):
    """One attempt takes as long as the server hangs, and the worker has other work."""
    tries = []
    outbox.register("account_email", failing(MailUnreachable("away"), tries))
    for number in range(5):
        Outbox(lambda number=number: str(number)).put("account_email", {}, now=START)
    for second in range(30):
        outbox.deliver_due(now=START + timedelta(seconds=second))
    assert [(at - START).total_seconds() for at in tries] == [0, 10]
    delivered = []
    outbox.register("account_email", lambda _payload, id_, _now: delivered.append(id_))
    outbox.deliver_due(now=START + timedelta(minutes=5))
    assert sorted(delivered) == list("01234")


def test_two_workers_do_not_deliver_the_same(outbox):
    delivered, other = [], Outbox(lambda: "two")

    def deliver(payload, entry_id, now):
        if not delivered:
            delivered.append(entry_id)
            assert other.deliver_due(now=START + timedelta(seconds=30)) == 0

    for each in (outbox, other):
        each.register("account_email", deliver)
    outbox.put("account_email", {}, now=START)
    assert outbox.deliver_due(now=START) == 1
    assert delivered == ["one"]


class Killed(BaseException):
    """The process ends here: nothing after it runs."""


def test_a_worker_killed_after_the_server_took_it_sends_the_same_message_again(outbox, inbox, mailer):
    """At least once: whoever gets both sees the same Message-ID, by which mailboxes show one."""

    def deliver(payload, entry_id, now):
        mailer.send(EMAIL, message_id=entry_id)
        if len(inbox.taken) == 1:
            raise Killed

    outbox.register("account_email", deliver)
    outbox.put("account_email", {}, now=START)
    with pytest.raises(Killed):
        outbox.deliver_due(now=START)
    assert (
        outbox.deliver_due(now=START + timedelta(seconds=1)) == 0
    )  # still that worker's, for all others know
    assert outbox.deliver_due(now=START + CLAIM) == 1
    assert [message["Message-ID"] for _, message in inbox.taken] == ["<one@example.org>"] * 2
    assert outbox_table.everything() == []


def test_whoever_is_told_to_stop_finishes_the_deliveries_at_hand(outbox):
    delivered, told = [], []

    def deliver(payload, entry_id, now):
        delivered.append(entry_id)
        told.append("stop")

    outbox.register("account_email", deliver)
    for number in range(5):
        Outbox(lambda number=number: str(number)).put("account_email", {}, now=START)
    assert outbox.deliver_due(now=START, stopping=lambda: bool(told)) == 1
    assert outbox.deliver_due(now=START) == 4
    assert sorted(delivered) == list("01234")


def test_several_are_sent_at_once_and_those_of_a_ticket_in_their_order(outbox):
    """While one waits for the server, others go; it would take a slow server minutes to send fifty in a row."""
    together, order = Barrier(3, timeout=20), []

    def deliver(payload, entry_id, now):
        if payload["ticket_id"] > 0:
            together.wait()
        order.append(entry_id)

    outbox.register("ticket_email", deliver)
    entries = [("first", 0), ("a1", 1), ("b1", 2), ("c1", 3), ("a2", 1), ("b2", 2), ("c2", 3)]
    for second, (id_, ticket_id) in enumerate(entries):
        now = START + timedelta(seconds=second)
        Outbox(lambda id_=id_: id_).put("ticket_email", {"ticket_id": ticket_id}, now=now)
    assert outbox.deliver_due(now=START + timedelta(seconds=9)) == 7
    assert [id_ for id_ in order if id_.startswith("a")] == ["a1", "a2"]
    assert order[0] == "first"


@pytest.mark.parametrize("error", [MailDelayed("away"), MailUnreachable("away"), RuntimeError("a bug")])
def test_it_gives_up_after_a_day_and_keeps_what_failed_for_a_month(outbox, error):
    tries = []
    outbox.register("account_email", failing(error, tries))
    outbox.put("account_email", {"to": "ana"}, now=START)
    for step in range(48):
        outbox.deliver_due(now=START + step * LONGEST)
    assert tries[-1] == START + GIVE_UP_AFTER
    (item,) = outbox_table.failed(10)
    assert (item.payload, item.since, item.due) == ({"to": "ana"}, START, tries[-1])
    assert item.error in ("away", "RuntimeError")
    assert outbox.behind(now=START + 48 * LONGEST) == 0
    assert outbox.sweep(now=tries[-1] + KEEP_FAILED) == 0
    assert outbox.sweep(now=tries[-1] + KEEP_FAILED + timedelta(seconds=1)) == 1
    assert outbox_table.everything() == []


def test_how_long_the_oldest_waits_is_known(outbox):
    outbox.register("account_email", failing(MailDelayed("away")))
    outbox.put("account_email", {}, now=START)
    for second in (0, 15, 60):
        outbox.deliver_due(now=START + timedelta(seconds=second))
    assert outbox.behind(now=START + timedelta(seconds=90)) == 90
