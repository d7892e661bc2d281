"""Replies to emails: sent by a real client to the listener, answered through a real mail server."""

import smtplib
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage

import pytest

from local.ports import free_port
from models import outbox as outbox_table
from models import user as user_table
from models.idempotency_key import IdempotencyKey
from portal.cli.reply_listener import Handler, ReplyListener
from services.errors import EngineUnavailable
from tests.patience import PATIENCE
from tests.services.harness import START

ADDRESS, ANA = "desk@example.org", "ana@example.org"
LATER = START + timedelta(days=2)


@pytest.fixture(scope="module")
def desk(sending):
    return sending(own_addresses=frozenset({ADDRESS}))


@pytest.fixture(scope="module")
def asked(desk, inbox):
    """Tell a customer that a ticket was received, and return the email and the ticket's number."""
    ana = desk.actor("customer")
    user_table.update(ana.user_id, email=ANA)
    ticket = desk.ticket(ana, subject="Printer on fire")
    desk.services.outbox.deliver_due(now=LATER)
    return inbox.taken[-1][1], ticket.ticket_id


@pytest.fixture(autouse=True)
def nothing_known(asked, inbox):
    inbox.taken.clear()
    yield
    for item in (*outbox_table.everything(), *IdempotencyKey.scan()):
        item.delete()


class Clock:
    """A clock that a test moves."""

    now = START

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@contextmanager
def listening(desk, clock, **overrides):
    """Listen as the worker does, and give a function that sends a message there."""
    replies = desk.services.notifications.replies
    for name, value in overrides.items():
        setattr(replies, name, value)
    listener = ReplyListener("127.0.0.1", free_port(), Handler(replies, ADDRESS, clock))
    listener.ensure()

    def send(message, *, by=ANA, to=ADDRESS):
        with smtplib.SMTP(listener._host, listener._port, timeout=PATIENCE) as client:
            client.sendmail(by, [to], message.as_bytes())

    yield send
    listener.stop()


@pytest.fixture
def send(desk, clock):
    with listening(desk, clock) as function:
        yield function


def reply(to, id_="one", **headers):
    """Write a reply to an email as a mail program does."""
    message = EmailMessage()
    message["From"], message["To"] = f"Ana <{ANA}>", to["From"]
    message["Message-ID"] = f"<{id_}@example.org>"
    message["In-Reply-To"], message["References"] = to["Message-ID"], f"<other@x.example> {to['Message-ID']}"
    message["Subject"] = f"Re: {to['Subject']}"
    for name, value in headers.items():
        del message[name.replace("_", "-")]
        if value is not None:
            message[name.replace("_", "-")] = value
    message.set_content("It still burns. My secret is 1234.")
    return message


def answers(desk, inbox):
    desk.services.outbox.deliver_due(now=LATER)
    messages = [message for _, message in inbox.taken]
    inbox.taken.clear()
    return messages


def test_a_reply_is_answered_with_where_to_write_instead(desk, inbox, asked, send):
    email, number = asked
    send(reply(email))
    (answer,) = answers(desk, inbox)
    assert answer["To"] == ANA
    assert answer["In-Reply-To"] == answer["References"] == "<one@example.org>"
    assert answer["Auto-Submitted"] == "auto-replied"
    assert f"\nhttp://127.0.0.1/help/tickets/{number}" in answer.get_content().replace("\r", "")
    assert "are not read" in answer.get_content()


def test_nothing_of_a_reply_is_kept(desk, asked, send):
    send(reply(asked[0]))
    stored = str([item.payload for item in outbox_table.everything()])
    assert "secret" not in stored
    assert "Printer" not in stored


def test_a_sender_is_answered_once_a_day(desk, inbox, asked, send, clock):
    for id_ in ("one", "two", "three"):
        send(reply(asked[0], id_))
    assert len(answers(desk, inbox)) == 1
    clock.now = START + timedelta(days=1)
    send(reply(asked[0], "four"))
    assert len(answers(desk, inbox)) == 1


def test_a_message_whose_receipt_got_lost_is_answered_once_also_by_the_next_worker(desk, inbox, asked, clock):
    """The worker stored the answer and was gone before the other server heard so; that one sends again."""
    replies = desk.services.notifications.replies
    receive = type(replies).receive

    def gone(**message):
        receive(replies, **message)
        raise EngineUnavailable("the process ends here")

    with listening(desk, clock, receive=gone) as send, pytest.raises(smtplib.SMTPDataError) as raised:
        send(reply(asked[0]))
    assert raised.value.smtp_code == 451
    del replies.receive
    clock.now = START + timedelta(days=1)  # another day, so that it is the message that is known
    with listening(desk, clock) as send:
        send(reply(asked[0]))
    assert len(answers(desk, inbox)) == 1


def test_a_message_without_an_id_sent_again_is_answered_once(desk, inbox, asked, send, clock):
    for day in range(2):
        clock.now = START + timedelta(days=day)
        send(reply(asked[0], Message_ID=None, Date="Sun, 22 Nov 2026 10:00:00 +0000"))
    (answer,) = answers(desk, inbox)
    assert answer["In-Reply-To"] is None


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "Auto-Generated; owner"},
        {"Precedence": "Bulk"},
        {"List_Id": "<news.example.org>"},
        {"List_Unsubscribe": "<mailto:x@example.org>"},
        {"X_Auto_Response_Suppress": "All"},
        {"Return_Path": "<>"},
    ],
)
def test_machines_are_not_answered(desk, inbox, asked, send, headers):
    send(reply(asked[0], **headers))
    assert answers(desk, inbox) == []


@pytest.mark.parametrize(
    "by",
    [
        "",
        ADDRESS,
        "Desk@Example.org",
        "MAILER-DAEMON@example.org",
        "no-reply@x.example",
        "owner-news@x.example",
        "news-bounces@x.example",
        "list+bounce=ana=example.org@x.example",
    ],
)
def test_bounces_lists_and_we_ourselves_are_not_answered(desk, inbox, asked, send, by):
    send(reply(asked[0]), by=by)
    assert answers(desk, inbox) == []


def test_auto_submitted_no_is_a_person(desk, inbox, asked, send):
    send(reply(asked[0], Auto_Submitted="no"))
    assert len(answers(desk, inbox)) == 1


def forged(email):
    """Return ids that look like one of ours."""
    ours = email["Message-ID"]
    tag = ours.partition("@")[0].rpartition("-")[2]
    return [
        "<other@x.example>",
        ours.replace(tag, "0" * 32),
        ours.replace("ticket-", "ticket-9"),
        ours[:-30],
        "",
    ]


@pytest.mark.parametrize("which", range(5))
def test_who_quotes_no_email_of_ours_is_told_by_their_own_server(desk, inbox, asked, send, which):
    """An answer would go to whatever address a stranger claims to have."""
    named = forged(asked[0])[which]
    with pytest.raises(smtplib.SMTPDataError, match=r"Replies are not read.*http://127\.0\.0\.1") as raised:
        send(reply(asked[0], In_Reply_To=named, References=named))
    assert raised.value.smtp_code == 550
    assert outbox_table.everything() == []


@pytest.mark.parametrize("to", ["other@example.org", "desk@example.com", "desk", "d\u00ebsk@example.org"])
def test_nothing_is_relayed(asked, send, to):
    with pytest.raises((smtplib.SMTPRecipientsRefused, UnicodeEncodeError)):
        send(reply(asked[0]), to=to)
    assert outbox_table.everything() == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n\r\n",
        b"Subject: =?utf-8?b?/w==?=\r\n\r\nx",
        b"In-Reply-To: <ticket-1-1-\xff@x>\r\n\r\n",
        b"From: \r\nMessage-ID: <<>>\r\nReferences: <\r\n\r\nx",
        b"\x00" * 100,
        b"A" * 5000,
    ],
)
def test_broken_messages_are_refused(send, content):
    class Raw:
        def as_bytes(self):
            return content

    with pytest.raises(smtplib.SMTPDataError) as raised:
        send(Raw())
    assert raised.value.smtp_code in (500, 550)


def test_while_the_database_is_away_the_other_server_keeps_the_message(desk, inbox, asked, clock):
    def away(**_message):
        raise EngineUnavailable("away")

    replies = desk.services.notifications.replies
    with listening(desk, clock, receive=away) as send, pytest.raises(smtplib.SMTPDataError) as raised:
        send(reply(asked[0]))
    del replies.receive
    assert raised.value.smtp_code == 451


def test_a_second_worker_waits_until_the_port_is_free(desk, clock):
    handler = Handler(desk.services.notifications.replies, ADDRESS, clock)
    port = free_port()
    first, second = ReplyListener("127.0.0.1", port, handler), ReplyListener("127.0.0.1", port, handler)
    first.ensure()
    second.ensure()
    assert second._controller is None
    first.stop()
    second.ensure()
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as client:
        assert client.noop()[0] == 250
    second.stop()
