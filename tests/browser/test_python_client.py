"""The Python client against the running product."""

import pytest
from ledgerdesk_client import Client, Conflict, Problem, Unreachable

from local.ports import free_port

SCOPES = ["ticket:view", "ticket:create", "ticket:update", "ticket:reply", "ticket:note", "ticket:assign"]


@pytest.fixture
def desk(token_of, live_server):
    return Client(live_server.url, token_of("agent", SCOPES))


def test_a_ticket_from_its_creation_to_its_answer(desk, live_server):
    asked = {"subject": "Late parcel", "body": "Where is it?", "key": "order-1"}
    requester = {"email": "client@relay.example", "name": "Cleo Client"}
    ticket = desk.create_ticket(**asked, requester=requester)
    assert desk.create_ticket(**asked, requester=requester)["id"] == ticket["id"]
    assert ticket["url"] == f"{live_server.url}/desk/tickets/{ticket['id']}"
    changed = desk.change_ticket(ticket, priority="high")
    assert (changed["version"], changed["priority"]) == (2, "high")
    with pytest.raises(Conflict) as conflict:
        desk.change_ticket(ticket, priority="low")
    assert conflict.value.version == 2
    assert conflict.value.conflicts[0]["current"] == "high"
    desk.note(ticket["id"], "Between us.")
    assert desk.reply(ticket["id"], "It arrives tomorrow.", key="reply-1")["version"] == 4
    assert desk.reply(ticket["id"], "It arrives tomorrow.", key="reply-1")["version"] == 4
    conversation = desk.request("GET", f"/tickets/{ticket['id']}/conversation")
    assert [message["public"] for message in conversation["messages"]] == [True, False, True]


def test_a_list_is_walked_page_by_page(desk):
    listed = [ticket["id"] for ticket in desk.tickets(state="open", size=10)]
    assert len(listed) == len(set(listed)) > 20
    high = list(desk.tickets(state="open", priority=["high", "urgent"]))
    assert {ticket["priority"] for ticket in high} == {"high", "urgent"}


def test_changes_are_followed(desk, people):
    pages = desk.changes(wait=60)
    assert next(pages)["events"] == []
    people["customer"].new_ticket("For the client")
    numbers = []
    while not numbers:
        numbers = [event["ticket_id"] for event in next(pages)["events"] if event["kind"] == "created"]
    assert desk.ticket(numbers[0])["subject"] == "For the client"


def test_many_tickets_are_changed(desk):
    tickets = [desk.create_ticket(subject=f"One of many {number}", body="b")["id"] for number in range(3)]
    job = desk.finished(desk.change_tickets([*tickets, 10**8], priority="urgent"), every=0.1)
    assert (job["state"], job["done"], job["failed"]) == ("done", 3, 1)
    assert [result["subject"] for result in desk.results(job, failed=True)] == [10**8]
    assert {desk.ticket(ticket)["priority"] for ticket in tickets} == {"urgent"}


def test_refusals_say_what_is_wrong(desk, live_server):
    with pytest.raises(Problem) as refused:
        desk.create_ticket(subject="s", body="b", priority="highest")
    assert (refused.value.status, refused.value.code) == (400, "invalid")
    assert "priority" in refused.value.errors
    assert refused.value.reference
    with pytest.raises(Problem) as unknown:
        Client(live_server.url, "ld_unknown").me()
    assert unknown.value.status == 401


def test_a_desk_that_is_away_is_tried_again(monkeypatch):
    pauses = []
    monkeypatch.setattr("ledgerdesk_client.client.time.sleep", pauses.append)
    with pytest.raises(Unreachable):
        Client(f"http://127.0.0.1:{free_port()}", "ld_x").me()
    assert pauses == [0.5, 1.0, 2.0, 4.0]


@pytest.mark.parametrize("address", ["", "help.example.org", "file:///etc/passwd", "ftp://help.example.org"])
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(ValueError, match="https"):
        Client(address, "ld_x")
