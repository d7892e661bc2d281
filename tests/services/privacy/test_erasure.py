"""Erasing on the real engine: killed anywhere, beside others who write, and refused where it must be."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from dynamodb_client import client
from models import job
from models import ticket as ticket_table
from models import user as user_table
from models.audit import of_subject
from services.errors import Invalid
from services.privacy import ERASED, ERASED_NAME, erasure
from services.privacy.erasure_job import KIND, SETTLE
from services.tickets import Ticket
from services.users.authorization import Outranked
from services.users.identity import BUILT_IN, Actor, Permission, PermissionDenied, Scope
from tests.services.harness import Harness, history, kinds
from tests.services.privacy.scan import found

WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"}


class Killed(BaseException):
    """The process ends here: no `except Exception` may get in its way."""


@pytest.fixture(scope="module")
def administrator(harness: Harness) -> Actor:
    return harness.actor("administrator")


def named(harness: Harness, name: str, role: str = "customer") -> Actor:
    """Bring a person with a full name and an address."""
    who = harness.actor(role)
    address = f"{name.replace(' ', '.').lower()}@somewhere.example"
    item = user_table.find(who.user_id)
    item.name, item.sort_name, item.email, item.version = name, name.casefold(), address, 2
    user_table.put(item, expected_version=1)
    return Actor(**(vars(who) | {"name": name, "email": address}))


def ask(harness: Harness, administrator: Actor, who: Actor) -> None:
    """Confirm that a person is to be erased."""
    harness.services.privacy.erasures.ask(
        actor=administrator, user_id=who.user_id, confirmed=who.name.upper(), now=harness.now()
    )


def finish(harness: Harness) -> None:
    """Work until nothing is left to do."""
    for wait in (timedelta(0), SETTLE + timedelta(minutes=1)):
        while harness.services.privacy.erasures.advance(now=harness.now() + wait):
            pass


def erase(harness: Harness, administrator: Actor, who: Actor) -> None:
    """Erase a person from beginning to end."""
    ask(harness, administrator, who)
    finish(harness)


def left(harness: Harness, tables, who: Actor, *words: str) -> list[str]:
    """List where name, address or other words of a person are found."""
    return found([who.name, who.email, *words], prefix=tables.prefix, folders=[])


@contextmanager
def killing(after: int) -> Iterator[None]:
    """End the process right after some more writes; the last one has been written."""
    writes = []

    def count(model, http_response, **_):
        if model.name in WRITES and http_response.status_code == 200:
            writes.append(model.name)
        if len(writes) > after:
            raise Killed

    events = client().meta.events
    events.register("after-call.dynamodb", count)
    try:
        yield
    finally:
        events.unregister("after-call.dynamodb", count)


def conversation(harness: Harness, who: Actor, agent: Actor) -> Ticket:
    """Let a person ask and be answered, with their name and address in everybody's words."""
    ticket = harness.ticket(who, subject="Heronsgate matter", body="Heronsgate words")
    ticket = harness.update(agent, ticket, subject=f"{who.name}: matter", body=f"Dear {who.name}")
    ticket = harness.update(agent, ticket, body=f"{who.email} is right", public=False, status="pending")
    return harness.update(who, ticket, body="Heronsgate again") if who.on_desk else ticket


@pytest.mark.parametrize("after", [0, 1], ids=["each write", "every other write"])
def test_it_may_be_killed_after_any_write(harness, tables, agent, administrator, after):
    who = named(harness, f"Kit Heronsgate{after}")
    tickets = [conversation(harness, who, agent) for _ in range(2)]
    harness.services.users.sessions.start(user_id=who.user_id, now=harness.now())
    harness.services.users.own_account._outbox.put("reset", {"email": who.email}, now=harness.now())
    states = [[event.state for event in history(ticket)] for ticket in tickets]
    ask(harness, administrator, who)
    kills = 0
    while job.find(KIND, who.user_id).running:
        later = SETTLE * (kills + 1)
        try:
            with killing(after):
                harness.services.privacy.erasures.advance(now=harness.now() + later)
        except Killed:
            kills += 1
        assert not [line for ticket in tickets for line in harness.violations(ticket)]
    assert kills > 10, "it was not killed where it writes"
    assert left(harness, tables, who, "Heronsgate") == []
    assert [[event.state for event in history(ticket)] for ticket in tickets] == states
    actions = [
        event.action for event in of_subject(f"user:{who.user_id}") if event.action.startswith("user.era")
    ]
    assert actions == ["user.erasure_asked", "user.erased"]


def test_what_was_on_its_way_is_met_in_the_second_round(harness, tables, agent, administrator):
    who = named(harness, "Pim Latecomer")
    ticket = conversation(harness, who, agent)
    stale = ticket_table.find(ticket.ticket_id)
    ask(harness, administrator, who)
    while harness.services.privacy.erasures.advance(now=harness.now()):
        pass
    stale.save()  # a writer who had read the ticket before puts the old words back
    harness.update(agent, harness.get(agent, ticket), body=f"As {who.name} said")
    assert left(harness, tables, who)
    finish(harness)
    assert left(harness, tables, who, "Heronsgate") == []
    assert harness.violations(ticket) == []


def test_an_agents_words_stay_without_the_name(harness, tables, customer, administrator):
    who, other = named(harness, "Una Deskworth", "agent"), harness.actor("agent")
    ticket = harness.ticket(customer)
    ticket = harness.update(who, ticket, body=f"We are on it.\n{who.name}", assignee_id=who.user_id)
    harness.update(other, ticket, body="Una has it", public=False)
    own = harness.ticket(who, subject="My own matter", body="My own words")
    erase(harness, administrator, who)
    assert [event.body for event in history(ticket)][1:] == [f"We are on it.\n{ERASED}", "Una has it"]
    assert [event.body for event in history(own)] == [ERASED]
    assert harness.get(other, own).subject == ERASED
    assert harness.services.tickets.assignments.held(ticket.ticket_id) == [(who.user_id, None)]
    assert harness.services.users.accounts.names([who.user_id]) == {who.user_id: ERASED_NAME}
    assert left(harness, tables, who) == []


def test_a_namesake_keeps_what_is_about_them(harness, agent, administrator):
    who, namesake = named(harness, "Ann Twinname"), harness.actor("customer")
    user_table.update(namesake.user_id, name="Ann Twinname", sort_name="ann twinname")
    theirs = harness.ticket(namesake, body="Ann Twinname speaking")
    own = conversation(harness, who, agent)
    erase(harness, administrator, who)
    assert [event.body for event in history(theirs)] == ["Ann Twinname speaking"]
    assert [event.body for event in history(own)][1] == f"Dear {ERASED}"


def test_only_chosen_places_are_redacted(harness, agent, administrator):
    """An ordinary word stays, also one that was written after somebody looked."""
    who = named(harness, "William Rosewater")
    ticket = harness.ticket(who, subject="Bill", body="From Bill")
    ticket = harness.update(
        agent, ticket, subject="Rosewater, William", body="Hi Bill, the bill of May is due. Bill?"
    )
    ticket = harness.update(
        agent, ticket, body="Call Will. Will it work?", public=False, assignee_id=agent.user_id
    )
    stranger = harness.ticket(harness.actor("customer"), body="Rosewater, William is my neighbour")
    places = harness.services.privacy.erasures.named_places(actor=administrator, user_id=who.user_id)
    assert (places.unread, places.more) == (0, 0)
    words = [(candidate.place.field, candidate.words) for candidate in places.candidates]
    assert words == [
        ("body", "Bill"), ("body", "Bill"), ("subject", "Rosewater, William"), ("body", "Will"), ("body", "Will"),
    ]  # fmt: skip
    chosen = [places.candidates[index].key for index in (0, 2, 3)]
    harness.services.privacy.erasures.ask(
        actor=administrator, user_id=who.user_id, confirmed=who.name, now=harness.now(), chosen=chosen
    )
    ticket = harness.update(agent, harness.get(agent, ticket), body="Bill again")
    finish(harness)
    assert [event.body for event in history(ticket)] == [
        ERASED, f"Hi {ERASED}, the bill of May is due. Bill?", f"Call {ERASED}. Will it work?", "Bill again",
    ]  # fmt: skip
    assert harness.get(agent, ticket).subject == ERASED
    assert [event.body for event in history(stranger)] == ["Rosewater, William is my neighbour"]
    assert harness.violations(ticket) == []
    assert job.find(KIND, who.user_id).value["traces"] is None


def test_a_message_that_has_changed_is_looked_at_again(harness, agent, administrator):
    who, other = named(harness, "William Changeling"), named(harness, "William Otherwise")
    for person in (who, other):
        harness.update(agent, harness.ticket(person), body="Hi Bill")
    erasures = harness.services.privacy.erasures
    (theirs,) = erasures.named_places(actor=administrator, user_id=other.user_id).candidates
    for wrong in (theirs.key, "x", ""):
        with pytest.raises(Invalid, match="Look at the places again"):
            erasures.ask(
                actor=administrator,
                user_id=who.user_id,
                confirmed=who.name,
                now=harness.now(),
                chosen=[wrong],
            )
    assert job.find(KIND, who.user_id) is None
    assert user_table.find(who.user_id).active


def test_places_beyond_the_limits_are_counted(harness, agent, administrator, monkeypatch):
    who = named(harness, "William Limitless")
    for _ in range(3):
        harness.update(agent, harness.ticket(who), body="Bill, Bill")
    monkeypatch.setattr(erasure, "TICKETS_READ", 2)
    monkeypatch.setattr(erasure, "PLACES_SHOWN", 3)
    places = harness.services.privacy.erasures.named_places(actor=administrator, user_id=who.user_id)
    assert (len(places.candidates), places.more, places.unread) == (3, 1, 1)


def test_a_ticket_longer_than_a_transaction(harness, agent, administrator):
    who = named(harness, "Lee Longwind")
    ticket = harness.ticket(who)
    for number in range(100):
        ticket = harness.services.tickets.service.customer_reply(
            actor=who, now=harness.now(), ticket_id=ticket.ticket_id, body=f"And {number}"
        )
    erase(harness, administrator, who)
    assert {event.body for event in history(ticket)} == {ERASED}
    assert kinds(ticket) == ["created", *["replied"] * 100]
    assert harness.violations(ticket) == []


def test_nothing_can_be_changed_of_an_erased_person(harness, administrator):
    who = named(harness, "Fay Former")
    erase(harness, administrator, who)
    item = user_table.find(who.user_id)
    assert (item.name, item.email, item.active, item.erased_at is not None) == (
        ERASED_NAME,
        None,
        False,
        True,
    )
    with pytest.raises(Invalid, match="erased"):
        harness.services.users.accounts.update(
            actor=administrator, now=harness.now(), user_id=who.user_id, expected_version=int(item.version),
            name="Fay Again", email="fay@somewhere.example", role_id="customer", active=True, team_ids=(),
        )  # fmt: skip
    again = harness.services.users.accounts.create(
        actor=administrator, now=harness.now(), name="Fay Again", email=who.email, role_id="customer",
        password="violet tractor under snowfall",
    )  # fmt: skip
    assert again.user_id != who.user_id, "the address is free for a new account"
    assert job.find(KIND, who.user_id).value["traces"] is None


REFUSED = {
    "oneself": "You cannot erase yourself",
    "a wider role": "allows more than your own",
    "another name": "does not match the person's name",
    "twice": "already been erased",
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_cannot_be_erased(harness, administrator, why):
    eraser = harness.actor("agent", permissions=BUILT_IN["agent"][1] | {Permission.USER_ERASE: Scope.ALL})
    who = {"oneself": eraser, "a wider role": administrator}.get(why) or named(harness, f"Ray {why.title()}")
    if why == "twice":
        ask(harness, administrator, who)
    with pytest.raises(Outranked if why == "a wider role" else Invalid, match=REFUSED[why]):
        harness.services.privacy.erasures.ask(
            actor=eraser,
            user_id=who.user_id,
            confirmed="Roy" if why == "another name" else who.name,
            now=harness.now(),
        )
    assert user_table.find(who.user_id).erased_at is None
    finish(harness)


def test_it_takes_the_permission(harness, agent, customer):
    erasures = harness.services.privacy.erasures
    for call in (erasures.preview, erasures.progress, erasures.named_places):
        with pytest.raises(PermissionDenied):
            call(actor=agent, user_id=customer.user_id)
    with pytest.raises(PermissionDenied):
        ask(harness, agent, customer)
