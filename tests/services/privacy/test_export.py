"""All that is held about a person: complete, theirs alone, without keys, and written as it is read."""

import itertools
import json
import zipfile
from datetime import timedelta
from io import BytesIO

import pytest

from models import user as user_table
from models.api_token import ApiToken
from models.audit import of_subject
from services.privacy import PersonalData, archive
from services.privacy.data_export import Section
from services.privacy.export_archive import PIECE
from services.users.credentials import Origin
from services.users.credentials.sessions import hash_token
from services.users.identity import Actor, PermissionDenied, UserNotFound
from tests.services.harness import Harness

ORIGIN = Origin(address="203.0.113.9", browser="Velodrome/1")


def opened(data: PersonalData) -> tuple[dict, str]:
    """Unpack an export into its JSON and its page."""
    packed = zipfile.ZipFile(BytesIO(b"".join(archive(data))))
    assert packed.namelist() == ["data.json", "read-me.html"]
    return json.loads(packed.read("data.json")), packed.read("read-me.html").decode()


def export(harness: Harness, who: Actor, by: Actor | None = None) -> tuple[dict, str]:
    """Hand out what is held about a person, to themselves or to somebody else."""
    harness.services.reporting.analytics.follow(now=harness.now() + timedelta(minutes=1))
    return opened(
        harness.services.privacy.exports.export(actor=by or who, user_id=who.user_id, now=harness.now())
    )


def test_everything_of_a_customer_is_in_it(harness, agent):
    who = harness.actor("customer")
    token = harness.services.users.sessions.start(user_id=who.user_id, now=harness.now(), origin=ORIGIN)
    user_table.update(
        who.user_id, password_hash="$argon2id$seal", totp="sealed seed", recovery=["sealed code"]
    )
    ApiToken(token_hash="sealed-hash", user_id=who.user_id, name="My script", created_at=harness.now()).save()
    ticket = harness.ticket(who, subject="<b>Screen</b>", body="It is\nblack & broken")
    ticket = harness.update(agent, ticket, body="Not for them", public=False)
    harness.update(agent, ticket, body="Turn it on")
    data, page = export(harness, who)
    (account,), (session,), (api,), (requested,) = (
        data[name] for name in ("account", "sessions", "tokens", "tickets")
    )
    assert (account["name"], account["second_factor"], account["recovery_codes_left"]) == (who.name, "on", 1)
    assert (session["address"], session["browser"], api["name"]) == (
        "203.0.113.9",
        "Velodrome/1",
        "My script",
    )
    assert (requested["subject"], [(one["by"], one["text"]) for one in requested["messages"]]) == (
        "<b>Screen</b>",
        [("you", "It is\nblack & broken"), (agent.name, "Turn it on")],
    )
    assert [event["act"] for event in data["acts_about"]] == ["user.exported"]
    assert "&lt;b&gt;Screen&lt;/b&gt;" in page
    assert "It is\nblack &amp; broken" in page
    for secret in (
        "$argon2id",
        "sealed",
        token,
        hash_token(token),
        "Not for them",
    ):
        assert secret not in json.dumps(data) + page


def test_an_agents_messages_and_assignments_are_in_it(harness, customer):
    who = harness.actor("agent")
    ticket = harness.ticket(customer, body="Of the customer alone")
    ticket = harness.update(who, ticket, assignee_id=who.user_id, body="Public words")
    harness.update(who, ticket, body="A note", public=False)
    data, page = export(harness, who)
    assert data["messages"] == [
        {
            "ticket": ticket.ticket_id,
            "messages": [
                {"at": one["at"], "by": "you", "kind": kind, "text": text}
                for one, kind, text in zip(
                    data["messages"][0]["messages"],
                    ("public", "internal note"),
                    ("Public words", "A note"),
                    strict=True,
                )
            ],
        }
    ]
    assert [(assignment["ticket"], assignment["until"]) for assignment in data["assignments"]] == [
        (ticket.ticket_id, None)
    ]
    assert "Of the customer alone" not in json.dumps(data) + page


def test_who_may_have_it(harness, agent, customer):
    administrator = harness.actor("administrator")
    data, _ = export(harness, customer, by=administrator)
    assert data["person"] == customer.user_id
    assert administrator.user_id in [event.actor_id for event in of_subject(f"user:{customer.user_id}")]
    with pytest.raises(PermissionDenied):
        export(harness, customer, by=agent)
    with pytest.raises(UserNotFound):
        harness.services.privacy.exports.export(actor=administrator, user_id="nobody", now=harness.now())


def test_it_is_sent_while_it_is_read(harness):
    read = itertools.count(1)
    reached = 0

    def records():
        nonlocal reached
        for reached in itertools.islice(read, 20_000):
            yield {"text": f"{reached} {reached**40} " * 20}

    data = PersonalData("u", harness.now(), lambda: iter([Section("big", "Big", "", records())]))
    pieces = archive(data)
    first = next(pieces)
    assert 0 < reached < 5_000, "all was read before anything was sent"
    assert max(map(len, [first, *pieces])) < 2 * PIECE
