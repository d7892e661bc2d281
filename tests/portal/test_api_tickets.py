"""Tickets by the API: earlier versions, conversation, requesters by address, pages, expansions, conflicts."""

import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from services.users.api_tokens import SCOPES
from services.users.identity import SYSTEM
from tests.portal.api_client import TICKETS, P, Program, problem, token_for


@pytest.fixture(scope="module")
def agent(site):
    return Program(site, token_for(site)[1])


@pytest.fixture(scope="module")
def manager(site):
    return Program(site, token_for(site, "manager")[1])


@pytest.fixture(scope="module")
def administrator(site):
    return Program(site, token_for(site, "administrator", SCOPES)[1])


def test_a_ticket_as_it_was(site, agent):
    path = f"{TICKETS}/{site.ticket()}"
    agent.patch(path, {"priority": "high", "note": "Twice"}, 1)
    between = datetime.now(UTC).isoformat()
    agent.patch(path, {"priority": "low", "status": "open"}, 2)
    assert [agent.get(f"{path}?version={n}").json["priority"] for n in (1, 2, 3)] == ["normal", "high", "low"]
    was = agent.get(f"{path}?at={between.replace('+', '%2B')}")
    assert (was.json["version"], was.json["status"], was.headers["ETag"]) == (2, "new", '"2"')
    for query in ("version=4", "at=2020-01-01T00:00:00Z"):
        problem(agent.get(f"{path}?{query}"), 404)
    for query in (
        "version=1&at=2030-01-01T00:00:00Z",
        "version=0",
        "at=2026-01-01",
        "at=2026-01-01T00:00:00",
    ):
        problem(agent.get(f"{path}?{query}"), 400)


def test_who_may_not_read_notes_does_not_look_back(site):
    program = Program(site, token_for(site, "agent", [P.TICKET_VIEW])[1])
    path = f"{TICKETS}/{site.ticket()}"
    problem(program.get(f"{path}?version=1"), 403)
    agent = Program(site, token_for(site)[1])
    agent.post(f"{path}/notes", {"body": "Not for everybody"})
    agent.post(f"{path}/replies", {"body": "For everybody"})
    for part, rows in (("conversation", "messages"), ("history", "events")):
        shown = program.get(f"{path}/{part}").json[rows]
        assert [each["body"] for each in shown] == ["It burns", "For everybody"]
        assert {each["public"] for each in shown} == {True}


def test_conversation_and_history_have_pages(site, agent):
    path = f"{TICKETS}/{site.ticket()}"
    for number in range(3):
        agent.post(f"{path}/replies", {"body": f"Answer {number}"})
    agent.patch(path, {"priority": "high"}, 4)
    bodies, url = [], f"{path}/conversation?size=3"
    while url:
        page = agent.get(url)
        bodies += [each["body"] for each in page.json["messages"]]
        link = page.headers.get("Link", "")
        assert bool(link) is (page.json["next"] is not None)
        parts = urlsplit(link.partition(">")[0].lstrip("<"))
        url = f"{parts.path}?{parts.query}" if link else ""
    assert bodies == ["It burns", "Answer 0", "Answer 1", "Answer 2"]
    last = agent.get(f"{path}/history").json["events"][-1]
    assert (last["kind"], last["changes"], last["undoable"]) == (
        "changed", [{"field": "priority", "old": "normal", "new": "high"}], True,
    )  # fmt: skip
    assert last["actor"] == {"id": site.users["agent"], "name": "Agent Demo"}


def test_undo(site, agent):
    path = f"{TICKETS}/{site.ticket()}"
    agent.patch(path, {"priority": "high"}, 1)
    key = {"Idempotency-Key": uuid.uuid4().hex}
    undone = agent.post(f"{path}/undo", {"version": 2}, **key).json
    assert (undone["priority"], undone["version"]) == ("normal", 3)
    assert agent.post(f"{path}/undo", {"version": 2}, **key).json["version"] == 3
    assert problem(agent.post(f"{path}/undo", {"version": 2}), 409)["code"] == "already_undone"
    problem(agent.post(f"{path}/undo", {"version": 1}), 400)


def test_the_requester_by_address(site, agent):
    opened = {"subject": "s", "body": "b"}
    known = agent.post(TICKETS, {**opened, "requester": {"email": "CUSTOMER@demo.example"}}).json
    assert known["requester_id"] == site.users["customer"]
    body = {**opened, "requester": {"email": "grace@navy.example", "name": "Grace Hopper"}}
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first, again = (agent.post(TICKETS, body, **key).json for _ in range(2))
    assert (first["id"], first["requester_id"]) == (again["id"], again["requester_id"])
    later = agent.post(TICKETS, {**opened, "requester": {"email": "grace@navy.example"}}).json
    assert later["requester_id"] == first["requester_id"] != known["requester_id"]
    refused = problem(agent.post(TICKETS, {**opened, "requester": {"email": "nobody@navy.example"}}), 400)
    assert refused["errors"].keys() == {"requester.name"}
    for requester in ({"email": "nobody"}, {"name": "No address"}, {}, {"email": "a@b.example", "role": "x"}):
        problem(agent.post(TICKETS, {**opened, "requester": requester}), 400)
    both = {**opened, "requester_id": site.users["customer"], "requester": {"email": "customer@demo.example"}}
    problem(agent.post(TICKETS, both), 400)


def test_who_opens_tickets_for_oneself_alone_adds_nobody(site):
    program = Program(site, token_for(site, "agent", [P.TICKET_VIEW, P.TICKET_CREATE])[1])
    body = {"subject": "s", "body": "b", "requester": {"email": "new@navy.example", "name": "New Person"}}
    problem(program.post(TICKETS, body), 403)
    assert site.services.users.accounts.find_by_email("new@navy.example") is None


def test_names_beside_ids(site, agent):
    created = agent.post(TICKETS, {"subject": "s", "body": "b", "team_id": "billing"}).json
    shown = agent.get(f"{TICKETS}/{created['id']}?include=requester,team,assignee").json
    assert (shown["requester"]["name"], shown["team"]) == ("Agent Demo", {"id": "billing", "name": "Billing"})
    assert shown["assignee"] is None
    assert "requester" not in created
    listed = agent.get(f"{TICKETS}?team=billing&include=team&fields=id,team").json["tickets"]
    assert {"id": created["id"], "team": shown["team"]} in listed


def test_the_filters_of_the_grid(site, agent):
    low, high = (
        agent.post(TICKETS, {"subject": n, "body": "b", "priority": n}).json["id"] for n in ("low", "high")
    )
    site.services.reporting.analytics.follow(now=datetime.now(UTC) + timedelta(minutes=2))

    def ids(query):
        answer = agent.get(f"{TICKETS}?size=100&{query}")
        assert answer.status_code == 200, answer.text
        return {ticket["id"] for ticket in answer.json["tickets"]}

    assert low in ids("priority.not=high")
    assert high not in ids("priority.not=high")
    today = datetime.now(UTC).date()
    for query in (
        f"created.from={today - timedelta(days=1)}",
        f"created.to={today + timedelta(days=1)}",
        "created.from=2020-01-01T00:00:00Z",
    ):
        assert {low, high} <= ids(query), query
    assert not ids("created.to=2020-01-01")
    assert high in ids(
        f"updated_since={(datetime.now(UTC) - timedelta(hours=1)).strftime('%Y-%m-%dT%H:%M:%SZ')}"
    )
    order = [t["priority"] for t in agent.get(f"{TICKETS}?size=100&sort=priority&desc=1").json["tickets"]]
    ranks = ["low", "normal", "high", "urgent"]
    assert order == sorted(order, key=ranks.index, reverse=True)
    for query in (
        "created.from=2026-02-01&created.to=2026-01-01",
        "created.from=yesterday",
        "sort=body",
        "updated_since=2026-01-01",
    ):
        problem(agent.get(f"{TICKETS}?{query}"), 400)


def test_both_values_of_what_somebody_else_changed(site, agent, manager, administrator):
    path = f"{TICKETS}/{site.ticket()}"
    manager.patch(path, {"priority": "high"}, 1)
    refused = problem(agent.patch(path, {"priority": "low"}, 1), 412)
    assert refused["conflicts"] == [
        {"field": "priority", "was": "normal", "current": "high", "submitted": "low"}
    ]
    assert (refused["version"], refused["code"]) == (2, "version_conflict")
    user = f"/api/v1/users/{site.users['stranger']}"
    version = administrator.get(user).headers["ETag"].strip('"')
    assert administrator.patch(user, {"name": "First Writer"}, version).status_code == 200
    answer = administrator.patch(user, {"name": "Second Writer"}, version)
    assert problem(answer, 412)["conflicts"] == [
        {"field": "name", "was": None, "current": "First Writer", "submitted": "Second Writer"}
    ]
    assert answer.headers["ETag"] == administrator.get(user).headers["ETag"]


def test_the_tag_of_a_compressed_answer_is_a_version_too(site, agent):
    path = f"{TICKETS}/{agent.post(TICKETS, {'subject': 'x' * 200, 'body': 'b'}).json['id']}"
    answer = agent("GET", path, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert agent.patch(path, {"priority": "low"}, **{"If-Match": answer.headers["ETag"]}).status_code == 200
    again = agent("GET", path, headers={"Accept-Encoding": "gzip", "If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 200, "it has changed"
    tag = again.headers["ETag"]
    assert agent("GET", path, headers={"Accept-Encoding": "gzip", "If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    "tags", ['W/""', '""', ";", '"a', "*, W/", "\u00b2".encode().decode("latin-1"), "x" * 5000]
)
def test_tags_of_nothing_are_passed_over(site, agent, tags):
    for path in (f"{TICKETS}/{site.ticket()}", TICKETS, "/api/v1/openapi.json"):
        assert agent("GET", path, headers={"If-None-Match": tags}).status_code == 200


def test_a_requester_whom_nobody_knows_is_named(agent):
    refused = problem(agent.post(TICKETS, {"subject": "s", "body": "b", "requester_id": "nobody"}), 400)
    assert refused["errors"].keys() == {"requester_id"}


def test_a_change_of_nothing_changes_nothing(site, agent):
    ticket_id = site.ticket()
    assert agent.patch(f"{TICKETS}/{ticket_id}", {}, 1).json["version"] == 1
    agent.patch(f"{TICKETS}/{ticket_id}", {"team_id": "billing"}, 1)
    assert agent.patch(f"{TICKETS}/{ticket_id}", {"team_id": None}, 2).json["team_id"] is None
    assert len(site.history(ticket_id)) == 3


def test_a_token_reaches_people_only_as_far_as_its_scopes(site, administrator):
    narrow = Program(site, token_for(site, "administrator", [P.TICKET_VIEW, P.USER_VIEW])[1])
    assert narrow.get("/api/v1/users").status_code == 200
    problem(
        narrow.post("/api/v1/users", {"name": "N", "email": "n@navy.example", "role_id": "customer"}), 403
    )
    problem(narrow.get("/api/v1/audit-events"), 403)
    problem(narrow("DELETE", f"/api/v1/users/{site.users['administrator']}/sessions"), 403)
    agent = {"name": "N", "email": "n@navy.example", "role_id": "administrator"}
    assert problem(administrator.post("/api/v1/users", agent), 403)["code"] == "outranked"
    assert site.services.users.accounts.find_by_email("n@navy.example") is None


def test_lists_in_memory_lose_and_repeat_nothing(site, administrator):
    names = {f"Page {number}" for number in "abcde"}
    ids = [administrator.post("/api/v1/teams", {"name": name}).json["id"] for name in sorted(names)]
    seen, cursor = [], ""
    while cursor is not None:
        page = administrator.get(f"/api/v1/teams?size=2{cursor and f'&cursor={cursor}'}").json
        seen += [team["name"] for team in page["teams"]]
        cursor = page["next"]
        if len(seen) == 2:  # one that was shown is renamed to the end
            team = administrator.get(f"/api/v1/teams/{ids[-1]}")
            administrator.patch(f"/api/v1/teams/{ids[-1]}", {"active": False}, team.json["version"])
    assert sorted(names & set(seen)) == sorted(name for name in seen if name in names) == sorted(names)
    for cursor in ("x", "e30", "W10", "%F0%9F%92%A9"):
        problem(administrator.get(f"/api/v1/teams?cursor={cursor}"), 400)


def test_erroneous_methods_say_which_there_are(agent):
    answer = agent("DELETE", TICKETS)
    assert problem(answer, 405)["code"] == "method_not_allowed"
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


def test_system_is_somebody(site, agent):
    ticket_id = site.ticket()
    site.services.tickets.service.update(
        actor=SYSTEM,
        now=datetime.now(UTC),
        ticket_id=ticket_id,
        expected_version=1,
        changes={"priority": "low"},
    )
    events = agent.get(f"{TICKETS}/{ticket_id}/history").json["events"]
    assert events[-1]["actor_kind"] == "system"


@pytest.mark.parametrize("email", ["customer@demo.example", "nobody@navy.example"])
@pytest.mark.parametrize("name", [{}, {"name": "New Person"}])
def test_whoever_opens_tickets_for_themselves_learns_of_no_address(site, email, name):
    program = Program(site, token_for(site, "agent", [P.TICKET_VIEW, P.TICKET_CREATE])[1])
    body = {"subject": "s", "body": "b", "requester": {"email": email, **name}}
    assert problem(program.post(TICKETS, body), 403)["code"] == "not_allowed"


def test_the_etag_of_a_ticket_with_its_requester_is_good_for_a_change(site, agent):
    path = f"{TICKETS}/{site.ticket()}"
    shown = agent.get(f"{path}?include=requester")
    seen = {"If-None-Match": shown.headers["ETag"]}
    again = agent("GET", f"{path}?include=requester", headers=seen)
    assert again.status_code == 304
    changed = agent("PATCH", path, {"priority": "high"}, headers={"If-Match": shown.headers["ETag"]})
    assert (changed.status_code, changed.json["version"]) == (200, 2)


def test_a_change_of_a_record_that_is_sent_again_finds_what_it_wrote(administrator):
    person = {"name": "Pat Again", "email": "pat@again.example", "role_id": "customer"}
    user = administrator.post("/api/v1/users", person).json
    path = f"/api/v1/users/{user['id']}"
    assert administrator.patch(path, {"name": "Pat Twice"}, user["version"]).status_code == 200
    later = administrator.patch(path, {"active": False}, user["version"] + 1).json["version"]
    again = administrator.patch(path, {"name": "Pat Twice"}, user["version"])
    assert (again.status_code, again.json["name"], again.json["version"]) == (200, "Pat Twice", later)
    late = problem(administrator.patch(path, {"name": "Too Late"}, user["version"]), 412)
    assert late["version"] == later
    problem(administrator.patch(path, {}, user["version"]), 412)


@pytest.mark.parametrize("value", ["yes", "1", "True", "on", ""])
def test_a_flag_is_true_or_false(agent, administrator, value):
    problem(administrator.get(f"/api/v1/users?active={value}"), 400)
    job = agent.post("/api/v1/tickets/changes", {"tickets": [{"id": 1}], "changes": {"priority": "low"}}).json
    problem(agent.get(f"/api/v1/jobs/{job['id']}/results?failed={value}"), 400)
    assert agent.get(f"/api/v1/jobs/{job['id']}/results?failed=false").json["results"][0]["subject"] == 1
